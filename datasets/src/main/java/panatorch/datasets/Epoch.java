package panatorch.datasets;

import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import panatorch.Generator;

/**
 * The batches of one epoch, in order, while threads of its own prepare those to come, each a whole batch. One thread iterates over it,
 * once, and closes every batch it takes. {@link #close} stops the preparation, waits for its threads to end and frees the batches that
 * nobody took; an epoch that is iterated to its end is as good as closed.
 *
 * <p>What goes wrong during preparation is thrown by {@code next()} as a {@link CompletionException} with its cause, in the place
 * of the batch; nothing follows it.
 */
public final class Epoch implements Iterable<Batch>, AutoCloseable {
    private final DataLoader loader;
    private final long epoch;
    private final int first, batches;
    /** A permit for each batch that may be begun. */
    private final Semaphore room;
    private final AtomicInteger claimed;
    private final AtomicReferenceArray<CompletableFuture<Batch>> prepared;
    private final CompletableFuture<int[]> order = new CompletableFuture<>();
    private final List<Thread> threads;
    private volatile boolean closed;
    private int next;
    private boolean iterated;

    Epoch(DataLoader loader, long epoch, int firstBatch, int workers, int prefetch) {
        this.loader = loader;
        this.epoch = epoch;
        batches = loader.batches();
        first = firstBatch;
        next = firstBatch;
        claimed = new AtomicInteger(firstBatch);
        prepared = new AtomicReferenceArray<>(batches);
        for (int b = firstBatch; b < batches; b++) prepared.set(b, new CompletableFuture<>());
        room = new Semaphore(prefetch + workers - 1);
        var started = new CountDownLatch(workers);
        threads = IntStream.range(0, workers).mapToObj(w -> Thread.ofPlatform().daemon().name("panatorch-epoch-" + epoch + "-" + w).start(() -> work(started))).toList();
        uninterruptibly(started::await);
    }

    /** The number of batches of the whole epoch. */
    public int batches() { return batches; }

    @Override public Iterator<Batch> iterator() {
        if (iterated) throw new IllegalStateException("an epoch is iterated once; open another one");
        iterated = true;
        return new Iterator<>() {
            @Override public boolean hasNext() { return next < batches; }

            @Override public Batch next() { return take(); }
        };
    }

    private Batch take() {
        if (next >= batches) throw new NoSuchElementException("the epoch has " + batches + " batches");
        if (closed) throw new IllegalStateException("this epoch is closed");
        try {
            if (Thread.interrupted()) throw new InterruptedException(); // whether or not the batch is there already
            Batch batch = prepared.get(next).get();
            prepared.set(next++, null);
            room.release();
            return batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException("interrupted while waiting for batch " + next + " of epoch " + epoch, e);
        } catch (ExecutionException e) {
            int failed = next;
            close();
            next = batches;
            throw new CompletionException("batch " + failed + " of epoch " + epoch + " could not be prepared: " + e.getCause(), e.getCause());
        }
    }

    private void work(CountDownLatch started) {
        try (var generator = start(started)) {
            for (;;) {
                // Waited for by permit and flag, not interrupted: an interrupt in the middle of a read would close a file for everybody.
                room.acquireUninterruptibly();
                int b = claimed.getAndIncrement();
                if (closed || b >= batches) break;
                prepare(b, generator);
            }
        } catch (Throwable t) { // without a generator no batch will come
            for (int b = first; b < batches; b++) {
                CompletableFuture<Batch> p = prepared.get(b); // null if another worker's was taken already
                if (p != null) p.completeExceptionally(t);
            }
        }
        room.release(); // the other workers end, too
    }

    private void prepare(int b, Generator generator) {
        CompletableFuture<Batch> result = prepared.get(b);
        try {
            if (b == first) order.complete(loader.order(epoch));
            result.complete(loader.prepare(order.join(), epoch, b, generator, () -> closed));
        } catch (Throwable t) {
            order.completeExceptionally(t); // of no effect if it is there
            result.completeExceptionally(t instanceof CompletionException && t.getCause() != null ? t.getCause() : t);
        }
    }

    /** The opener waits for this, lest it see or change the number of threads meanwhile. */
    private static Generator start(CountDownLatch started) {
        try {
            OneCore.limitThisThread();
            return Generator.of(0);
        } finally {
            started.countDown();
        }
    }

    /** Ends the epoch. Closing twice is harmless. */
    @Override public void close() {
        closed = true;
        room.release();
        for (Thread t : threads) uninterruptibly(t::join);
        for (int b = next; b < batches; b++) {
            CompletableFuture<Batch> p = prepared.getAndSet(b, null);
            if (p != null && p.isDone() && !p.isCompletedExceptionally()) p.join().close();
        }
    }

    private interface Wait {
        void run() throws InterruptedException;
    }

    /** An interrupted thread still waits, as leaving the others alone would leak what they make, and is interrupted afterwards. */
    private static void uninterruptibly(Wait wait) {
        boolean interrupted = false;
        for (;;) {
            try {
                wait.run();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }
}
