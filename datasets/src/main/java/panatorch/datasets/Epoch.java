package panatorch.datasets;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;

/**
 * The batches of one epoch, in order, while a thread of its own prepares those to come. One thread iterates over it, once, and
 * closes every batch it takes. {@link #close} stops the preparation, waits for its thread to end and frees the batches that
 * nobody took; an epoch that is iterated to its end is as good as closed.
 *
 * <p>What goes wrong during preparation is thrown by {@code next()} as a {@link CompletionException} with its cause, in the place
 * of the batch; nothing follows it.
 */
public final class Epoch implements Iterable<Batch>, AutoCloseable {
    private final DataLoader loader;
    private final long epoch;
    private final int batches;
    private final Semaphore room;
    private final BlockingQueue<Prepared> prepared = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> started = new CompletableFuture<>(), ended;
    private volatile boolean closed;
    private int next;
    private boolean iterated;

    /** A batch, or why there is none. */
    private record Prepared(@Nullable Batch batch, @Nullable Throwable failure) {}

    Epoch(DataLoader loader, long epoch, int firstBatch, int prefetch) {
        this.loader = loader;
        this.epoch = epoch;
        batches = loader.batches();
        next = firstBatch;
        room = new Semaphore(prefetch);
        ended = CompletableFuture.runAsync(() -> prepare(firstBatch), task -> Thread.ofPlatform().daemon().name("panatorch-epoch-" + epoch).start(task));
        started.join();
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
        if (closed) throw new IllegalStateException("this epoch is closed");
        if (next >= batches) throw new NoSuchElementException("the epoch has " + batches + " batches");
        Prepared p;
        try {
            p = prepared.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException("interrupted while waiting for batch " + next + " of epoch " + epoch, e);
        }
        Batch batch = p.batch;
        if (batch == null) {
            int failed = next;
            next = batches;
            throw new CompletionException("batch " + failed + " of epoch " + epoch + " could not be prepared: " + p.failure, p.failure);
        }
        next++;
        room.release();
        return batch;
    }

    private void prepare(int firstBatch) {
        try (var generator = start()) {
            int[] order = loader.order(epoch);
            for (int b = firstBatch; b < batches; b++) {
                // Waited for by permit and flag, not interrupted: an interrupt in the middle of a read would close a file for everybody.
                room.acquireUninterruptibly();
                if (closed) return;
                prepared.add(new Prepared(loader.prepare(order, epoch, b, generator), null));
            }
        } catch (Throwable t) {
            prepared.add(new Prepared(null, t));
        }
    }

    /** The opener waits for this, lest it see or change the number of threads meanwhile. */
    private Generator start() {
        try {
            OneCore.limitThisThread();
            return Generator.of(0);
        } finally {
            started.complete(null);
        }
    }

    /** Ends the epoch. Closing twice is harmless. */
    @Override public void close() {
        closed = true;
        room.release();
        ended.join();
        for (Prepared p = prepared.poll(); p != null; p = prepared.poll()) if (p.batch != null) p.batch.close();
    }
}
