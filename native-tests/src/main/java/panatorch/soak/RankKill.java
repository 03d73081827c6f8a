package panatorch.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import panatorch.train.Checkpointing;

/**
 * Kills a random rank of a training under torchrun by SIGKILL, again and again: {@code RankKill [--ranks N] [--times N] [--every SECONDS]
 * [--seed S]}, 3 ranks and 30 times every 60 seconds by default. {@code PYTHON} names a Python with torch. torchrun starts all ranks anew,
 * and they go on from the last checkpoint. A run that came to its end must have the weights of one that nobody disturbed, bit for bit.
 * Otherwise the program ends with status 1 and a sentence.
 */
public final class RankKill {
    private static final long EPOCHS = 6;
    private static final Duration LONGEST = Duration.ofMinutes(5);

    /**
     * The counts of all kills and runs.
     *
     * @param kills how often each rank was killed
     * @param fromStart new starts of the ranks that found no checkpoint
     * @param fromCheckpoint new starts of the ranks that went on from one
     * @param runs runs that came to their end and had the right bits
     */
    public record Report(List<Integer> kills, int fromStart, int fromCheckpoint, int runs) {}

    private final String python;
    private final int ranks, times;
    private final Duration every;
    private final SplittableRandom random;
    private final Path folder;
    private final int[] kills;
    private int sum, fromStart, fromCheckpoint, runs;
    private long wholeNanos, due;

    private RankKill(String python, int ranks, int times, Duration every, long seed, Path folder) {
        this.python = python;
        this.ranks = ranks;
        this.times = times;
        this.every = every;
        this.folder = folder;
        random = new SplittableRandom(seed);
        kills = new int[ranks];
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        var options = Options.parse("RankKill [--ranks N] [--times N] [--every SECONDS] [--seed S]",
                Map.of("--ranks", 3L, "--times", 30L, "--every", 60L, "--seed", 1L), args);
        String python = System.getenv("PYTHON");
        if (python == null) {
            System.err.println("Set PYTHON to a Python with torch 2.13, whose torchrun starts the ranks.");
            System.exit(2);
            return;
        }
        long since = System.nanoTime();
        try {
            Report r = run(python, Math.toIntExact(options.get("--ranks")), Math.toIntExact(options.get("--times")),
                    Duration.ofSeconds(options.get("--every")), options.get("--seed"), Files.createTempDirectory("panatorch-rank-kill"));
            System.out.printf(Locale.ROOT,
                    "%s kills of ranks 0, 1, … in %.0f s; the ranks went on %d times from a checkpoint and began %d times anew; %d runs "
                            + "came to their end, all with the bits of the run that nobody disturbed%n",
                    r.kills, (System.nanoTime() - since) * 1e-9, r.fromCheckpoint, r.fromStart, r.runs);
        } catch (IllegalStateException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /**
     * Kills ranks as often as asked, and lets the last run come to its end.
     *
     * @param python interpreter with torch
     * @param every time between two kills; zero for a random time after the first checkpoint of each start of the ranks
     * @param folder an empty folder for the files of training
     * @throws IllegalStateException if a run fails or ends with other weights; the message says what is wrong
     */
    public static Report run(String python, int ranks, int times, Duration every, long seed, Path folder)
            throws IOException, InterruptedException {
        var kill = new RankKill(python, ranks, times, every, seed, folder);
        kill.undisturbed();
        while (kill.sum < times) kill.toItsEnd(folder.resolve("run-" + (kill.runs + 1)));
        return new Report(Arrays.stream(kill.kills).boxed().toList(), kill.fromStart, kill.fromCheckpoint, kill.runs);
    }

    private Path whole() { return folder.resolve("whole"); }

    private void undisturbed() throws IOException, InterruptedException {
        var run = start(whole());
        run.awaitTraining(0);
        long since = System.nanoTime();
        run.awaitEnd();
        wholeNanos = System.nanoTime() - since;
        due = System.nanoTime() + pause();
    }

    private long pause() { return every.isZero() ? random.nextLong(wholeNanos / 4) : every.toNanos(); }

    private void toItsEnd(Path folder) throws IOException, InterruptedException {
        var run = start(folder);
        int attempt = 0;
        while (sum < times && run.awaitTraining(attempt)) {
            if (attempt > 0) {
                if (run.step == 0) fromStart++;
                else fromCheckpoint++;
            }
            if (every.isZero()) {
                if (!run.awaitCheckpoint()) break;
                due = System.nanoTime() + pause();
            }
            if (run.process.waitFor(due - System.nanoTime(), TimeUnit.NANOSECONDS)) break;
            if (run.kill(random.nextInt(ranks))) {
                sum++;
                attempt++;
            }
            due = System.nanoTime() + pause();
        }
        run.awaitEnd();
        if (Files.mismatch(folder.resolve(SmallTraining.WEIGHTS), whole().resolve(SmallTraining.WEIGHTS)) >= 0)
            throw new IllegalStateException("The weights of " + folder + " are not those of " + whole() + ", which nobody disturbed.");
        runs++;
    }

    private Run start(Path run) throws IOException {
        Files.createDirectories(run);
        var command = new ArrayList<>(List.of(python, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "" + ranks,
                "--max-restarts", "1000", "--no-python", Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-Xmx256m"));
        System.getProperties().stringPropertyNames().stream().filter(p -> p.startsWith("panatorch."))
                .forEach(p -> command.add("-D" + p + "=" + System.getProperty(p)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), RankTraining.class.getName(), run.toString(), "" + EPOCHS));
        Path output = run.resolve("output.txt");
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("OMP_NUM_THREADS", "1"); // sums of several threads have an order of their own
        return new Run(builder.start(), output);
    }

    /** The torchrun of a run. */
    private final class Run {
        private static final Pattern BEGUN = Pattern.compile("begun: attempt (\\d+) rank (\\d+) process (\\d+) step (\\d+)");
        final Process process;
        private final Path output;
        private final Map<Integer, Long> pids = new TreeMap<>();
        private Optional<FileTime> writtenBefore = Optional.empty();
        long step;

        Run(Process process, Path output) {
            this.process = process;
            this.output = output;
        }

        /** Waits until all ranks train in an attempt, and returns false if the run ends before. */
        boolean awaitTraining(int attempt) throws IOException, InterruptedException {
            long end = System.nanoTime() + LONGEST.toNanos();
            while (true) {
                pids.clear();
                Matcher m = BEGUN.matcher(Files.readString(output));
                while (m.find()) {
                    if (Integer.parseInt(m.group(1)) != attempt) continue;
                    pids.put(Integer.valueOf(m.group(2)), Long.valueOf(m.group(3)));
                    step = Long.parseLong(m.group(4));
                }
                if (pids.size() == ranks) {
                    writtenBefore = written();
                    return true;
                }
                if (!process.isAlive()) return false;
                if (System.nanoTime() > end) throw failed("does not train in attempt " + attempt);
                Thread.sleep(50);
            }
        }

        /** Waits until the ranks have written a checkpoint since they began to train, and returns false if the run ends before. */
        boolean awaitCheckpoint() throws IOException, InterruptedException {
            long end = System.nanoTime() + LONGEST.toNanos();
            while (written().equals(writtenBefore)) {
                if (!process.isAlive()) return false;
                if (System.nanoTime() > end) throw failed("writes no checkpoint");
                Thread.sleep(20);
            }
            return true;
        }

        private Optional<FileTime> written() throws IOException {
            Path file = output.resolveSibling(Checkpointing.LAST);
            return Files.exists(file) ? Optional.of(Files.getLastModifiedTime(file)) : Optional.empty();
        }

        /** Kills a rank, and returns whether it still ran. */
        boolean kill(int rank) {
            Long pid = pids.get(rank);
            ProcessHandle handle = pid == null ? null : ProcessHandle.of(pid).orElse(null);
            if (handle == null || !handle.destroyForcibly()) return false;
            handle.onExit().join();
            kills[rank]++;
            return true;
        }

        void awaitEnd() throws IOException, InterruptedException {
            if (!process.waitFor(LONGEST.toNanos(), TimeUnit.NANOSECONDS)) throw failed("does not end");
            if (process.exitValue() != 0) throw failed("ended with status " + process.exitValue());
        }

        private IllegalStateException failed(String what) throws IOException {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            List<String> lines = Files.readAllLines(output);
            return new IllegalStateException("The run of " + output.getParent() + " " + what + ". It printed:\n"
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size())));
        }
    }
}
