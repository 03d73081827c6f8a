package panatorch.datasets;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one epoch of an {@link IterableLoader}, in order. Other threads prepare the next batches meanwhile. One thread iterates
 * over an epoch, once, and closes every batch it takes. {@link #close} stops the preparation, closes the streams and frees the batches that
 * were not taken. An abandoned epoch keeps no thread, and the garbage collector frees it.
 *
 * <p>
 * If a batch cannot be prepared, {@code hasNext()} and {@code next()} throw a {@link CompletionException} with the cause, and the epoch
 * ends.
 */
public final class IterableEpoch implements Iterable<Batch>, Iterator<Batch>, AutoCloseable {
    private static final Cleaner FORGOTTEN = Cleaner.create();

    private final List<StreamReader<?>> all;
    /** The readers whose items have not ended, the next one first. */
    private final List<StreamReader<?>> turns;
    private final long epoch;
    private @Nullable Batch ahead;
    private boolean iterated, closed;

    private IterableEpoch(List<StreamReader<?>> readers, long epoch) {
        all = readers;
        turns = new ArrayList<>(readers);
        this.epoch = epoch;
        for (StreamReader<?> reader : readers) reader.advance();
        FORGOTTEN.register(this, () -> readers.forEach(StreamReader::stop));
    }

    static <T> IterableEpoch of(IterableLoader.Start<T> start, long epoch) {
        int shares = Math.multiplyExact(start.workers(), start.ranks());
        List<StreamReader<?>> readers = IntStream.range(0, start.workers())
                .<StreamReader<?>>mapToObj(w -> new StreamReader<>(start,
                        new IterableDataset.Pass(epoch, start.rank() * start.workers() + w, shares)))
                .toList();
        return new IterableEpoch(readers, epoch);
    }

    @Override public Iterator<Batch> iterator() {
        if (iterated) throw new IllegalStateException("an epoch is iterated once; open another one");
        iterated = true;
        return this;
    }

    /** Returns this epoch's batches, each with a scope of its own; see {@link ScopedBatches}. */
    public ScopedBatches scoped() {
        return new ScopedBatches(iterator(), this::close);
    }

    /** Returns whether there is another batch, for which it waits. */
    @Override public boolean hasNext() {
        if (closed) return false;
        try {
            while (ahead == null && !turns.isEmpty()) {
                StreamReader<?> reader = turns.removeFirst();
                ahead = reader.take();
                if (ahead != null) turns.addLast(reader);
            }
            return ahead != null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new CompletionException("interrupted while waiting for a batch of epoch " + epoch, e);
        } catch (StreamReader.FailedException e) {
            close();
            throw new CompletionException("a batch of epoch " + epoch + " could not be prepared: " + e.getCause(), e.getCause());
        } finally {
            Reference.reachabilityFence(this); // otherwise this epoch may be collected while it waits
        }
    }

    /** Takes the next batch, which the caller closes. */
    @Override public Batch next() {
        if (closed) throw new IllegalStateException("this epoch is closed");
        if (!hasNext()) throw new NoSuchElementException("the epoch has no more batches");
        Batch next = ahead;
        ahead = null;
        return Objects.requireNonNull(next);
    }

    /** Ends the epoch; like {@link Epoch#close} it waits for reads that have begun. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        if (ahead != null) ahead.close();
        ahead = null;
        all.forEach(StreamReader::stop);
        all.forEach(StreamReader::awaitEnd);
    }
}
