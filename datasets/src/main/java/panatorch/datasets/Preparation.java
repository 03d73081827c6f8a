package panatorch.datasets;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.internal.log.Log;

/**
 * Prepares the batches of an {@link Epoch}, each whole on one thread, a few ahead of those that were taken. No thread waits for a batch to
 * be taken: taking one starts the work there is room for. This class holds no reference to its epoch, so that an abandoned epoch is
 * collected, which stops the preparation.
 */
final class Preparation {
    /** Milliseconds that {@link #close} waits for running reads, and again after it has interrupted them. */
    private static final long PATIENCE = 5_000, GRACE = 1_000;

    private final DataLoader loader;
    private final long epoch;
    private final int first, batches, workers, ahead;
    private final AtomicReferenceArray<@Nullable CompletableFuture<Prepared>> prepared;
    private final CompletableFuture<EpochOrder> order = new CompletableFuture<>();
    private volatile boolean stopped;
    // ---- guarded by this
    private final List<Work> running = new ArrayList<>();
    private int claimed, taken;

    Preparation(DataLoader loader, long epoch, int first, int workers, int prefetch) {
        this.loader = loader;
        this.epoch = epoch;
        this.first = first;
        this.workers = workers;
        ahead = prefetch + workers - 1;
        batches = loader.count();
        claimed = taken = first;
        prepared = new AtomicReferenceArray<>(batches);
        for (int b = first; b < batches; b++) prepared.set(b, new CompletableFuture<>());
        advance();
    }

    int batches() { return batches; }

    // ---- on the thread that takes batches

    /** Waits for a batch; each is taken once, in order. If its preparation failed, throws the cause in an {@link ExecutionException}. */
    Prepared take(int batch) throws InterruptedException, ExecutionException {
        CompletableFuture<Prepared> due = prepared.get(batch);
        if (stopped || due == null) throw new IllegalStateException("this epoch is closed");
        Prepared result = due.get();
        // by another thread, which has freed the batch
        if (prepared.getAndSet(batch, null) == null) throw new IllegalStateException("this epoch is closed");
        synchronized (this) {
            taken++;
        }
        advance();
        return result;
    }

    /** Starts as much work as the limits of prefetching and of workers allow. */
    private void advance() {
        for (;;) {
            Work work;
            synchronized (this) {
                if (running.size() == workers) return;
                int batch = claim();
                if (batch < 0) return;
                running.add(work = new Work(batch));
            }
            try {
                Workers.begin(work);
            } catch (Throwable noThread) {
                ended(work);
                if (isRunning()) return; // then the running threads do it, or the next take
                fail(work.batch, noThread);
            }
        }
    }

    /** Returns the next batch to prepare, or −1 if there is none now. */
    private synchronized int claim() {
        return stopped || claimed >= Math.min(batches, taken + ahead) ? -1 : claimed++;
    }

    private synchronized boolean isRunning() { return !running.isEmpty(); }

    private synchronized void ended(Work work) {
        running.remove(work);
        notifyAll();
    }

    // ---- on the threads that prepare batches

    /** Prepares batches on one thread until there is none left to prepare. */
    private final class Work implements Runnable, IntPredicate {
        private int batch;
        private volatile @Nullable Thread thread;
        private volatile int item = -1;

        Work(int batch) { this.batch = batch; }

        @Override public void run() {
            thread = Thread.currentThread();
            try (var generator = Generator.of(0)) {
                for (; batch >= 0; batch = claimOrEnd(this)) prepare(batch, generator, this);
            } catch (Throwable t) { // without a generator no batch will come
                for (int b = first; b < batches; b++) fail(b, t);
            } finally {
                ended(this);
                Thread.interrupted(); // nobody interrupts this work any more
            }
        }

        /** Notes the item that is about to be read; returns false if the epoch was stopped. */
        @Override public boolean test(int item) {
            this.item = item;
            return !stopped;
        }

        String doing() { return item < 0 ? "batch " + batch : loader.name(item); }
    }

    /** Claims the next batch or ends the work, in one step: {@link #advance} must not count a thread that will claim no more. */
    private synchronized int claimOrEnd(Work work) {
        int batch = claim();
        if (batch < 0) ended(work);
        return batch;
    }

    private void prepare(int b, Generator generator, Work work) {
        try {
            if (b == first) order.complete(loader.order(epoch));
            Prepared done = loader.prepare(order.join(), epoch, b, generator, work);
            CompletableFuture<Prepared> due = prepared.get(b);
            if (due == null || !due.complete(done)) done.batch().close(); // stopped meanwhile
            else if (stopped) free(b);
        } catch (Throwable t) {
            fail(b, t instanceof CompletionException && t.getCause() != null ? t.getCause() : t);
        }
    }

    private void fail(int b, Throwable why) {
        order.completeExceptionally(why); // without effect if the order is there already
        CompletableFuture<Prepared> due = prepared.get(b);
        if (due != null) due.completeExceptionally(why);
    }

    // ---- the end

    /** Ends the work without waiting for it, and frees the batches that were not taken. A batch that is finished later is freed then. */
    void stop() {
        stopped = true;
        var closed = new CancellationException("this epoch is closed");
        for (int b = first; b < batches; b++) {
            fail(b, closed);
            free(b);
        }
    }

    private void free(int b) {
        CompletableFuture<Prepared> due = prepared.getAndSet(b, null);
        if (due != null && due.isDone() && !due.isCompletedExceptionally()) due.join().batch().close();
    }

    /** Stops, and waits for the threads for a limited time, since a read may be blocked by a pipe or a network. */
    void close() {
        stop();
        Uninterrupted.await(() -> awaitEnd(PATIENCE));
        synchronized (this) {
            // Not earlier: an interrupt in the middle of a read closes a channel that others may read from.
            for (Work w : running) if (w.thread instanceof Thread t) t.interrupt();
        }
        Uninterrupted.await(() -> awaitEnd(GRACE));
        List<Work> left;
        synchronized (this) {
            left = List.copyOf(running);
        }
        if (!left.isEmpty())
            Log.warn(Epoch.class, "epoch " + epoch + " was closed " + (PATIENCE + GRACE) / 1000 + " s ago, but is still reading "
                    + left.stream().map(Work::doing).collect(Collectors.joining(", "))
                    + "; the thread is left behind and ends when its read does");
    }

    private synchronized void awaitEnd(long millis) throws InterruptedException {
        long deadline = System.nanoTime() + millis * 1_000_000, rest;
        while (!running.isEmpty() && (rest = (deadline - System.nanoTime()) / 1_000_000) > 0) wait(rest);
    }
}
