package panatorch.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import panatorch.Scope;

/**
 * A program that trains a network for some steps and prints the last one's loss and its own peak of memory in MiB:
 * {@code bench/some_steps.py} in Java.
 */
final class SomeSteps {
    private SomeSteps() {}

    /**
     * Runs the program.
     *
     * @param args name of the network, and number of steps
     */
    public static void main(String[] args) throws IOException {
        OperatorThreads.set(OperatorThreads.all());
        double loss = 0;
        try (var scope = Scope.open(); var training = new Training(Net.valueOf(args[0]))) {
            for (int i = 0; i < Integer.parseInt(args[1]); i++) loss = training.step();
        }
        System.out.println(loss + " " + peakMebibytes(Files.readAllLines(Path.of("/proc/self/status"))));
    }

    /** Returns the peak of resident memory in the status of a process. */
    static double peakMebibytes(List<String> status) {
        String line = status.stream().filter(l -> l.startsWith("VmHWM:")).findFirst()
                .orElseThrow(() -> new IllegalStateException("the system does not say the peak of memory"));
        return Long.parseLong(line.replaceAll("\\D", "")) / 1024.0;
    }
}
