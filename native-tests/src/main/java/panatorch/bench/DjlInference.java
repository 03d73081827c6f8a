package panatorch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Measures {@link Inference} by the Deep Java Library, in a process of its own, since one process cannot hold two libtorches. The program
 * and the POM of its dependencies are in {@code bench/djl}.
 */
final class DjlInference implements Workload {
    private final Net net;
    private final Path folder;
    private final OtherSide djl;

    DjlInference(Net net) {
        this.net = net;
        String classPath = System.getenv("DJL_CLASSPATH"), python = System.getenv("PYTHON");
        if (classPath == null || python == null)
            throw new MissingException(
                    net + "-inference-djl needs DJL_CLASSPATH, the class path of native-tests/bench/djl/pom.xml, and PYTHON.");
        try {
            folder = Files.createTempDirectory("inference-djl-");
            ChildProcess
                    .run(List.of(python, Main.scripts().resolve("inference.py").toString(), net.toString(), "--export", folder.toString()));
            djl = new OtherSide("DJL's side", ChildProcess.java(classPath, List.of(),
                    Main.scripts().resolve("djl/DjlInference.java").toString(), net.toString(), folder.toString()), threads());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public String script() { return "inference.py"; }

    @Override public List<String> arguments() { return List.of(net.toString()); }

    @Override public String parts() { return "requests"; }

    @Override public int threads() { return OperatorThreads.all(); }

    @Override public double tolerance() { return 1e-4; }

    @Override public Map<String, Double> check() { return OtherSide.numbers(djl.hello.path("check")); }

    @Override public Map<String, Double> run() {
        try {
            return djl.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public void close() {
        djl.close();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path f : files.toList()) Files.delete(f);
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
