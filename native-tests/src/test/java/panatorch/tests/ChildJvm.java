package panatorch.tests;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Another JVM with this one's class path, for what a test must not do to its own: other options, a heap of fixed size. */
record ChildJvm(int status, String output) {
    static ChildJvm run(Class<?> main, Duration limit, String... options) throws IOException, InterruptedException {
        return run(main.getName(), limit, options);
    }

    /** @param main a class's name, or a source file */
    static ChildJvm run(String main, Duration limit, String... options) throws IOException, InterruptedException {
        return await(new ProcessBuilder(command(main, System.getProperty("java.class.path"), options)), limit);
    }

    static List<String> command(String main, String classPath, String... options) {
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", classPath, main));
        return command;
    }

    /** This JVM's class path without the files of some names. */
    static String classPathWithout(Predicate<String> name) {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !name.test(Path.of(entry).getFileName().toString())).collect(Collectors.joining(File.pathSeparator));
    }

    static ChildJvm await(ProcessBuilder builder, Duration limit) throws IOException, InterruptedException {
        Process process = builder.redirectErrorStream(true).start();
        var late = new Thread(() -> {
            try {
                if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) process.destroyForcibly();
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        });
        late.setDaemon(true);
        late.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new ChildJvm(process.waitFor(), output);
    }
}
