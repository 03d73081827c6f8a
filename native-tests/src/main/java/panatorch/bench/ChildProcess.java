package panatorch.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A measured child process: the line it printed first, and the seconds from its start until then. */
record ChildProcess(String line, double seconds) {
    /** Returns the command line of a program of this class path. */
    static List<String> java(List<String> options, Class<?> main, String... arguments) {
        return java(System.getProperty("java.class.path"), options, main.getName(), arguments);
    }

    /**
     * Returns the command line of a Java program.
     *
     * @param main name of a class, or a source file
     */
    static List<String> java(String classPath, List<String> options, String main, String... arguments) {
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED"));
        command.addAll(options);
        command.addAll(List.of("-cp", classPath, main));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Runs a process and waits for its end, so that the next one starts alone. */
    static ChildProcess run(List<String> command) {
        long began = System.nanoTime();
        try {
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            String line = process.inputReader(StandardCharsets.UTF_8).readLine();
            double seconds = (System.nanoTime() - began) / 1e9;
            if (process.waitFor() != 0 || line == null)
                throw new IllegalStateException("a process failed: " + command.getLast() + "; what it printed above says why");
            return new ChildProcess(line, seconds);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
