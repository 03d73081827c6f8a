package panatorch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures the time from the start of a process until {@link FirstResult} has printed its result: started by plain {@code java}, and with
 * an archive of its classes, such as {@code bin/panatorch} makes. The archive is made for this class path, which must consist of jars.
 */
final class StartUp implements Workload {
    private final Path archive;

    StartUp() {
        try {
            archive = Files.createTempDirectory("start-up-").resolve("classes.jsa");
            var made = new ProcessBuilder(command("-Xlog:disable", "-XX:ArchiveClassesAtExit=" + archive)).redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            made.waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override public String script() { return "start_up.py"; }

    @Override public String parts() { return "start"; }

    @Override public int threads() { return OperatorThreads.all(); }

    @Override public double tolerance() { return 0; }

    @Override public Map<String, Double> check() {
        var results = new LinkedHashMap<String, Double>();
        commands().forEach((part, command) -> results.put(part, Double.valueOf(ChildProcess.run(command).line())));
        return results;
    }

    @Override public Map<String, Double> run() {
        if (!Files.exists(archive))
            throw new IllegalStateException("Java made no archive of the classes of " + System.getProperty("java.class.path"));
        var seconds = new LinkedHashMap<String, Double>();
        commands().forEach((part, command) -> seconds.put(part, ChildProcess.run(command).seconds()));
        return seconds;
    }

    private Map<String, List<String>> commands() {
        var commands = new LinkedHashMap<String, List<String>>();
        commands.put("plain", command());
        commands.put("archive", command("-Xlog:disable", "-XX:SharedArchiveFile=" + archive));
        return commands;
    }

    private static List<String> command(String... options) { return ChildProcess.java(List.of(options), FirstResult.class); }

    @Override public void close() {
        try {
            Files.deleteIfExists(archive);
            Files.delete(archive.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
