package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The command line in a process of its own, whose working folder and output are {@code folder}'s. */
record Child(Process process, Path folder) {
    /**
     * Starts a call.
     *
     * @param before words before {@code java}, such as a shell that limits it
     * @param jvm options of the JVM
     */
    static Child start(Path folder, List<String> before, List<String> jvm, String... args) throws IOException {
        return start(folder, before, jvm, Panatorch.class.getName(), args);
    }

    /**
     * Starts another program.
     *
     * @param main its main class
     */
    static Child start(Path folder, List<String> before, List<String> jvm, String main, String[] args) throws IOException {
        var command = new ArrayList<>(before);
        command.addAll(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
        command.addAll(jvm);
        command.add(main);
        command.addAll(List.of(args));
        return new Child(new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile()).start(), folder);
    }

    static Child start(Path folder, String line) throws IOException { return start(folder, List.of(), List.of(), line.split(" ")); }

    /** Waits for a file, while the process lives. */
    void awaitFile(Path file) throws InterruptedException {
        for (int i = 0; i < 1200 && process.isAlive() && !Files.exists(file); i++) Thread.sleep(50);
        assertThat(file).exists();
    }

    /** The exit status. */
    int end() throws InterruptedException {
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
        return process.exitValue();
    }

    String out() throws IOException { return Files.readString(folder.resolve("out"), StandardCharsets.UTF_8); }

    String err() throws IOException { return Files.readString(folder.resolve("err"), StandardCharsets.UTF_8); }
}
