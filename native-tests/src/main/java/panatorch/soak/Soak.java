package panatorch.soak;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Runs everything at once for many minutes: {@code Soak [--minutes N] [--seed S]}, 10 minutes by default. A training resumes from its
 * checkpoint in every epoch. 200 platform threads and 1,000 virtual ones run inference, while their model is closed and replaced. Workers
 * load images, and garbage collections are forced. All results are checked.
 *
 * <p>
 * Every minute all threads pause and the {@link Footprint} of the process is measured. If the last one exceeds that after the first minute
 * by more than the tolerances, the program ends with status 1 and a sentence.
 */
public final class Soak {
    private static final int PLATFORM_THREADS = 200, VIRTUAL_THREADS = 1000;
    /** Mean pauses between two requests of a thread, which leave part of two cores to the other work. */
    private static final long PLATFORM_PAUSE_MILLIS = 300, VIRTUAL_PAUSE_MILLIS = 2000, RELOAD_PAUSE_MILLIS = 50;

    /**
     * The counts of all work, and the process before and after it.
     *
     * @param start the footprint after the warm-up
     * @param end the footprint at the end
     * @param epochs epochs of training
     * @param answers answers of inference
     * @param refused calls that a closed model refused
     * @param reloads replacements of the model
     * @param batches batches loaded
     * @param collections forced garbage collections
     * @param problems sentences that say what is wrong; empty if all is well
     */
    public record Report(Footprint start, Footprint end, long epochs, long answers, long refused, long reloads, long batches,
            long collections, List<String> problems) {
        @Override public String toString() {
            return String.format(Locale.ROOT,
                    "%,d epochs of training, %,d answers, %,d calls refused in %,d reloads, %,d batches loaded, %d garbage "
                            + "collections%nafter the warm-up: %s%nat the end: %s",
                    epochs, answers, refused, reloads, batches, collections, start, end);
        }
    }

    /** A piece of work that a thread repeats. */
    @FunctionalInterface
    private interface Work {
        void once(RandomGenerator random) throws IOException;
    }

    private final long seed;
    private final Inference inference = new Inference();
    private final RepeatedTraining training;
    private final Loading loading;
    private final AtomicLong answers = new AtomicLong(), reloads = new AtomicLong(), batches = new AtomicLong(),
            collections = new AtomicLong();
    /** Held while the default generator is used, by training and by making layers. */
    private final Object defaultGenerator = new Object();
    /** Shared by all work, and held alone to measure the footprint. It is fair, so that a measurement is not put off for ever. */
    private final ReadWriteLock pieces = new ReentrantReadWriteLock(true);
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final List<Thread> threads = new ArrayList<>();

    private Soak(long seed, Path folder) throws IOException {
        this.seed = seed;
        training = new RepeatedTraining(Files.createDirectory(folder.resolve("training")));
        loading = new Loading(Files.createDirectory(folder.resolve("images")), seed);
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        var options = Options.parse("Soak [--minutes N] [--seed S]", Map.of("--minutes", 10L, "--seed", 1L), args);
        Report report = run(Duration.ofMinutes(options.get("--minutes")), Duration.ofMinutes(1), options.get("--seed"),
                Files.createTempDirectory("panatorch-soak"), System.out);
        System.out.println(report);
        report.problems.forEach(System.err::println);
        if (!report.problems.isEmpty()) System.exit(1);
    }

    /**
     * Runs all work at once.
     *
     * @param interval time between two measurements; the first one ends the warm-up
     * @param folder an empty folder
     */
    public static Report run(Duration total, Duration interval, long seed, Path folder, PrintStream out)
            throws IOException, InterruptedException {
        var soak = new Soak(seed, folder);
        soak.begin();
        long since = System.nanoTime();
        Footprint start = null, now;
        try {
            do {
                soak.over.await(interval.toMillis(), TimeUnit.MILLISECONDS);
                now = soak.note();
                if (start == null) start = now;
                out.printf(Locale.ROOT, "%4.0f s  %s, %,d answers, %d epochs%n", (System.nanoTime() - since) * 1e-9, now,
                        soak.answers.get(), soak.training.epochs());
            } while (soak.failure.get() == null && System.nanoTime() - since < total.toNanos());
        } finally {
            soak.end();
        }
        var problems = new ArrayList<String>();
        Throwable failed = soak.failure.get();
        if (failed != null) problems.add("A piece of work failed: " + failed);
        problems.addAll(now.growthSince(start));
        return new Report(start, now, soak.training.epochs(), soak.answers.get(), soak.inference.refused(), soak.reloads.get(),
                soak.batches.get(), soak.collections.get(), List.copyOf(problems));
    }

    private void begin() {
        start(Thread.ofPlatform(), 0, random -> {
            synchronized (defaultGenerator) {
                training.epoch();
            }
        });
        start(Thread.ofPlatform(), 50, random -> batches.addAndGet(loading.check(random)));
        start(Thread.ofPlatform(), 1000, random -> {
            System.gc();
            collections.incrementAndGet();
        });
        start(Thread.ofPlatform(), RELOAD_PAUSE_MILLIS, random -> {
            synchronized (defaultGenerator) {
                inference.reload();
            }
            reloads.incrementAndGet();
        });
        Work answer = random -> {
            inference.check(random);
            answers.incrementAndGet();
        };
        for (int i = 0; i < PLATFORM_THREADS; i++) start(Thread.ofPlatform(), PLATFORM_PAUSE_MILLIS, answer);
        for (int i = 0; i < VIRTUAL_THREADS; i++) start(Thread.ofVirtual(), VIRTUAL_PAUSE_MILLIS, answer);
    }

    /** Starts a thread that repeats a piece of work until the end, with random pauses. */
    private void start(Thread.Builder thread, long meanPauseMillis, Work work) {
        var random = new SplittableRandom(seed * 1_000_003 + threads.size());
        threads.add(thread.start(() -> {
            try {
                while (!over.await(meanPauseMillis == 0 ? 0 : random.nextLong(2 * meanPauseMillis), TimeUnit.MILLISECONDS)) {
                    pieces.readLock().lock();
                    try {
                        work.once(random);
                    } finally {
                        pieces.readLock().unlock();
                    }
                }
            } catch (InterruptedException | IOException | RuntimeException | Error e) {
                failure.compareAndSet(null, e);
                over.countDown();
            }
        }));
    }

    private Footprint note() throws IOException, InterruptedException {
        pieces.writeLock().lock();
        try {
            for (int i = 0; i < 2; i++) {
                System.gc();
                Thread.sleep(200); // what was collected is freed by a Cleaner
            }
            return Footprint.now();
        } finally {
            pieces.writeLock().unlock();
        }
    }

    private void end() throws InterruptedException {
        over.countDown();
        for (Thread t : threads) t.join();
        inference.close();
        training.close();
        loading.close();
    }
}
