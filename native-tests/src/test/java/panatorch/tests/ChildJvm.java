package panatorch.tests;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Another JVM with this one's class path, for what a test must not do to its own: other options, a heap of fixed size. */
record ChildJvm(int status, String output) {
    static ChildJvm run(Class<?> main, Duration limit, String... options) throws IOException, InterruptedException { return run(main.getName(), limit, options); }

    /** @param main a class's name, or a source file */
    static ChildJvm run(String main, Duration limit, String... options) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of(options));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
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
