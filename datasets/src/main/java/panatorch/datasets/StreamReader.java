package panatorch.datasets;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.internal.log.Log;

/**
 * Reads one share of an epoch's items and makes batches of them, a few ahead of those that were taken. No thread waits for a batch to be
 * taken: taking one starts the work there is room for. It holds no reference to its epoch, so that an abandoned one is collected.
 */
final class StreamReader<T> implements Runnable {
    /** Milliseconds that {@link #awaitEnd} waits for a running read, and again after it has interrupted it. */
    private static final long PATIENCE = 5_000, GRACE = 1_000;

    private final IterableLoader.Start<T> start;
    private final IterableDataset.Pass pass;
    // ---- used by one thread at a time
    private @Nullable Stream<? extends T> stream;
    private @Nullable Iterator<? extends T> items;
    private int made;
    // ---- guarded by this
    private final ArrayDeque<Batch> ready = new ArrayDeque<>();
    private @Nullable Throwable failure;
    private boolean running, ended, stopped;
    private @Nullable Thread thread;

    /** The reason why a batch could not be made. */
    static final class FailedException extends Exception {
        private static final long serialVersionUID = 1;

        FailedException(Throwable cause) { super(cause); }
    }

    StreamReader(IterableLoader.Start<T> start, IterableDataset.Pass pass) {
        this.start = start;
        this.pass = pass;
    }

    /** Waits for the next batch; returns null after the last one. */
    @Nullable Batch take() throws InterruptedException, FailedException {
        synchronized (this) {
            while (ready.isEmpty() && !ended && failure == null && !stopped) wait();
            if (ready.isEmpty() && failure != null) throw new FailedException(failure);
            if (ready.isEmpty()) return null;
        }
        Batch batch;
        synchronized (this) {
            batch = ready.poll();
        }
        advance();
        return batch;
    }

    /** Starts the work if there is room for a batch. */
    void advance() {
        synchronized (this) {
            if (running || !wanted()) return;
            running = true;
        }
        try {
            Workers.begin(this);
        } catch (Throwable noThread) {
            finish(noThread);
        }
    }

    private boolean wanted() { return !stopped && !ended && failure == null && ready.size() < start.prefetch(); }

    // ---- on the thread that prepares batches

    @Override public void run() {
        Throwable failed = null;
        synchronized (this) {
            thread = Thread.currentThread();
        }
        try (var generator = Generator.of(0)) {
            Next next;
            do {
                keep(make(generator));
                next = next();
            } while (next == Next.GO_ON);
            if (next == Next.PAUSE) return;
        } catch (Throwable t) {
            failed = t;
        } finally {
            Thread.interrupted(); // nobody interrupts this work any more
        }
        finish(failed);
    }

    private void keep(@Nullable Batch batch) {
        synchronized (this) {
            if (batch == null) ended = true;
            else if (!stopped) ready.add(batch);
            else batch.close();
            notifyAll();
        }
    }

    private enum Next {
        GO_ON,
        PAUSE,
        END
    }

    /** Decides what follows, in one step with the mark that this work runs: {@link #advance} must not count on a thread that pauses. */
    private synchronized Next next() {
        if (wanted()) return Next.GO_ON;
        if (ended || stopped) return Next.END;
        running = false;
        thread = null;
        notifyAll();
        return Next.PAUSE;
    }

    private void finish(@Nullable Throwable failed) {
        boolean over;
        synchronized (this) {
            if (failed != null) failure = failed;
            over = ended || stopped || failure != null;
        }
        if (over) closeStream();
        synchronized (this) {
            running = false;
            thread = null;
            notifyAll();
        }
    }

    private @Nullable Batch make(Generator generator) {
        try (var scope = Scope.open()) {
            Iterator<? extends T> from = items;
            if (from == null) {
                stream = start.dataset().stream(pass);
                items = from = stream.iterator();
            }
            var taken = new ArrayList<T>();
            while (taken.size() < start.batchSize() && from.hasNext()) taken.add(from.next());
            if (taken.isEmpty() || start.dropLast() && taken.size() < start.batchSize()) return null;
            var values = ItemSource.collated(taken, start.collate());
            generator.manualSeed(SplitMix.seed(start.seed(), pass.epoch(), (long) made++ * pass.shares() + pass.share()));
            return DataLoader.finished(values, start.device(), start.transform(), null, generator);
        }
    }

    private void closeStream() {
        Stream<? extends T> open = stream;
        stream = null;
        if (open == null) return;
        try {
            open.close();
        } catch (RuntimeException e) {
            Log.warn(IterableEpoch.class, "the stream of share " + pass.share() + " could not be closed: " + e);
        }
    }

    // ---- the end

    /** Ends the work without waiting for it, and frees the batches that were not taken. */
    void stop() {
        boolean idle;
        synchronized (this) {
            stopped = true;
            idle = !running;
            for (Batch batch; (batch = ready.poll()) != null;) batch.close();
            notifyAll();
        }
        if (idle) closeStream();
    }

    /** Waits for the thread for a limited time, since a read may be blocked by a pipe or a network. */
    void awaitEnd() {
        Uninterrupted.await(() -> awaitEnd(PATIENCE));
        synchronized (this) {
            if (running && thread != null) thread.interrupt();
        }
        Uninterrupted.await(() -> awaitEnd(GRACE));
        synchronized (this) {
            if (running)
                Log.warn(IterableEpoch.class, "epoch " + pass.epoch() + " was closed " + (PATIENCE + GRACE) / 1000
                        + " s ago, but share " + pass.share() + " is still reading; the thread is left behind and ends when its read does");
        }
    }

    private synchronized void awaitEnd(long millis) throws InterruptedException {
        long deadline = System.nanoTime() + millis * 1_000_000, rest;
        while (running && (rest = (deadline - System.nanoTime()) / 1_000_000) > 0) wait(rest);
    }
}
