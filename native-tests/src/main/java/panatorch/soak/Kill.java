package panatorch.soak;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import panatorch.Scope;
import panatorch.serialize.Checkpoints;
import panatorch.serialize.Safetensors;
import panatorch.train.Checkpointing;

/**
 * Kills training by SIGKILL at random moments: {@code Kill [--times N] [--seed S]}, 50 times by default. Every other process writes its
 * checkpoints in the background. The files that a killed process leaves must load, and the next process must resume from them. A run that
 * is resumed to its end must have the weights of an uninterrupted run, bit for bit. Otherwise the program ends with status 1 and a
 * sentence.
 */
public final class Kill {
    private static final int KILLED = 128 + 9;
    private static final long EPOCHS = 4;

    /**
     * The counts of all kills and runs.
     *
     * @param kills processes that were killed while they trained
     * @param withoutCheckpoint kills before the first checkpoint
     * @param amidstWriting kills that left a partly written file, under its temporary name
     * @param runs runs that were resumed to their end and had the right bits
     */
    public record Report(int kills, int withoutCheckpoint, int amidstWriting, int runs) {}

    private final SplittableRandom random;
    private final Path folder;
    private final long wholeNanos;
    private final int times;
    private int kills, withoutCheckpoint, amidstWriting, runs;

    private Kill(int times, long seed, Path folder) throws IOException, InterruptedException {
        this.times = times;
        this.folder = folder;
        random = new SplittableRandom(seed);
        var whole = start(whole(), false);
        whole.begun(0);
        long since = System.nanoTime();
        whole.end();
        wholeNanos = System.nanoTime() - since;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        var options = Options.parse("Kill [--times N] [--seed S]", Map.of("--times", 50L, "--seed", 1L), args);
        long since = System.nanoTime();
        try {
            Report r = run(Math.toIntExact(options.get("--times")), options.get("--seed"), Files.createTempDirectory("panatorch-kill"));
            System.out.printf(Locale.ROOT,
                    "%d kills in %.0f s: %d before the first checkpoint, %d while a file was written; %d runs came to their end, all with "
                            + "the bits of the run that nobody killed%n",
                    r.kills, (System.nanoTime() - since) * 1e-9, r.withoutCheckpoint, r.amidstWriting, r.runs);
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /**
     * Kills and resumes training as often as asked.
     *
     * @param folder an empty folder for the files of training
     * @throws IllegalStateException if a process does not resume or ends with other weights; the message says what is wrong
     */
    public static Report run(int times, long seed, Path folder) throws IOException, InterruptedException {
        var kill = new Kill(times, seed, folder);
        for (int run = 1; kill.kills < times; run++) kill.toItsEnd(folder.resolve("run-" + run));
        return new Report(kill.kills, kill.withoutCheckpoint, kill.amidstWriting, kill.runs);
    }

    private Path whole() { return folder.resolve("whole"); }

    private void toItsEnd(Path run) throws IOException, InterruptedException {
        while (!oneProcess(run)) amidstWriting += deleteUnfinished(run) ? 1 : 0;
        if (Files.mismatch(run.resolve(SmallTraining.WEIGHTS), whole().resolve(SmallTraining.WEIGHTS)) >= 0)
            throw new IllegalStateException("The weights of " + run + " are not those of " + whole() + ", which nobody killed.");
        runs++;
    }

    /** Returns whether the process came to its end before it was killed. */
    private boolean oneProcess(Path run) throws IOException, InterruptedException {
        var process = start(run, kills % 2 == 1);
        process.begun(stepsOf(run));
        // At most half of the time that all of it takes, so that most runs are killed more than once.
        if (kills == times || process.process.waitFor(random.nextLong(wholeNanos / 2), TimeUnit.NANOSECONDS)) {
            process.end();
            return true;
        }
        int status = process.process.destroyForcibly().waitFor();
        if (status == 0) return true; // it was just over
        if (status != KILLED)
            throw new IllegalStateException("The process that trains in " + run + " ended by itself, with status " + status + ".");
        kills++;
        if (stepsOf(run) == 0) withoutCheckpoint++;
        return false;
    }

    /** Returns the step of the checkpoint, or 0 if there is none yet. The checkpoint and the best weights must load. */
    private static long stepsOf(Path run) {
        Path last = run.resolve(Checkpointing.LAST), best = run.resolve(Checkpointing.BEST);
        try (var scope = Scope.open()) {
            if (Files.exists(best)) Safetensors.load(best);
            if (!Files.exists(last)) return 0;
            return Checkpoints.read(last).get("position") instanceof Map<?, ?> position && position.get("steps") instanceof Long steps
                    ? steps : -1;
        } catch (IOException e) {
            throw new IllegalStateException("What a killed process left behind does not load: " + e.getMessage(), e);
        }
    }

    private static boolean deleteUnfinished(Path run) throws IOException {
        List<Path> left;
        try (Stream<Path> files = Files.list(run)) {
            left = files.filter(f -> f.toString().endsWith(".unfinished")).toList();
        }
        for (Path f : left) Files.delete(f);
        return !left.isEmpty();
    }

    private record Training(Process process, BufferedReader output, Path run) {
        /** Waits until the process trains. */
        void begun(long step) throws IOException {
            String line = output.readLine();
            if (!(SmallTraining.BEGUN + step).equals(line))
                throw new IllegalStateException("A process should train in " + run + " from step " + step + ", and said: " + line + ".");
        }

        void end() throws InterruptedException {
            int status = process.waitFor();
            if (status != 0) throw new IllegalStateException("The process that trains in " + run + " failed with status " + status + ".");
        }
    }

    private static Training start(Path run, boolean inBackground) throws IOException {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx256m"));
        System.getProperties().stringPropertyNames().stream().filter(p -> p.startsWith("panatorch."))
                .forEach(p -> command.add("-D" + p + "=" + System.getProperty(p)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), SmallTraining.class.getName(), run.toString(), "" + EPOCHS));
        if (inBackground) command.add(SmallTraining.IN_BACKGROUND);
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("OMP_NUM_THREADS", "1"); // sums of several threads have an order of their own
        Process process = builder.start();
        return new Training(process, process.inputReader(), run);
    }
}
