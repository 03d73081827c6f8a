package panatorch.datasets;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.HashSet;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import panatorch.data.Batches;

/**
 * The batches of one epoch, in order. Other threads prepare the next batches meanwhile, each a whole batch. One thread iterates over an
 * epoch, once, and closes every batch it takes. {@link #close} stops the preparation, waits for its end and frees the batches that were not
 * taken. An epoch that was iterated to its end need not be closed. One that is abandoned midway keeps no thread, and the garbage collector
 * frees its batches.
 *
 * <p>
 * If a batch cannot be prepared, {@code next()} throws a {@link CompletionException} with the cause in the place of the batch, and the
 * epoch ends.
 */
public final class Epoch implements Iterable<Batch>, Batches.EpochIterator {
    private static final Cleaner FORGOTTEN = Cleaner.create();

    private final DataLoader loader;
    private final long epoch;
    private final Preparation preparation;
    private final Set<Integer> skipped = new HashSet<>();
    private int next;
    private boolean iterated;

    Epoch(DataLoader loader, long epoch, int firstBatch, int workers, int prefetch) {
        this.loader = loader;
        this.epoch = epoch;
        next = firstBatch;
        preparation = new Preparation(loader, epoch, firstBatch, workers, prefetch);
        FORGOTTEN.register(this, preparation::stop);
    }

    /** Returns the number of batches of the whole epoch. */
    public int batches() { return preparation.batches(); }

    /** Returns the number of items that {@link DataLoader.Builder#skipDamaged} left out of the batches taken so far, each counted once. */
    public int skipped() {
        return skipped.size();
    }

    @Override public Iterator<Batch> iterator() {
        if (iterated) throw new IllegalStateException("an epoch is iterated once; open another one");
        iterated = true;
        return new Iterator<>() {
            @Override public boolean hasNext() { return Epoch.this.hasNext(); }

            @Override public Batch next() { return Epoch.this.next(); }
        };
    }

    /**
     * Returns this epoch's batches, each with a scope of its own; see {@link ScopedBatches}.
     *
     * <pre>{@code
     * try (var batches = loader.epoch(e).scoped()) {
     *     for (Batch batch : batches) step(batch.images(), batch.labels());
     * }
     * }</pre>
     */
    public ScopedBatches scoped() {
        return new ScopedBatches(iterator(), this::close);
    }

    @Override public boolean hasNext() { return next < batches(); }

    /** Takes the next batch, which the caller closes. */
    @Override public Batch next() {
        if (!hasNext()) throw new NoSuchElementException("the epoch has " + batches() + " batches");
        try {
            if (Thread.interrupted()) throw new InterruptedException(); // whether or not the batch is there already
            Prepared taken = preparation.take(next);
            next++;
            skipped.addAll(taken.damaged().keySet());
            loader.note(taken.damaged());
            return taken.batch();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException("interrupted while waiting for batch " + next + " of epoch " + epoch, e);
        } catch (CancellationException e) {
            throw new IllegalStateException("this epoch is closed", e);
        } catch (ExecutionException e) {
            int failed = next;
            close();
            next = batches();
            throw new CompletionException("batch " + failed + " of epoch " + epoch + " could not be prepared: " + e.getCause(),
                    e.getCause());
        } finally {
            Reference.reachabilityFence(this); // otherwise this epoch may be collected while it waits
        }
    }

    /**
     * Ends the epoch. It waits 5 seconds for reads that have begun, then interrupts them. A read that stays blocked, as by a pipe or a
     * network, is left behind with a warning that names the item. Closing twice is harmless.
     */
    @Override public void close() { preparation.close(); }
}
