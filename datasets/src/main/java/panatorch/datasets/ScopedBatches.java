package panatorch.datasets;

import java.util.Iterator;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;

/**
 * The batches of an epoch, each with a scope of its own: taking a batch opens a scope, and taking the next one, or asking whether there is
 * one, frees the tensors that were made meanwhile, and the batch. So a training loop needs no scope and closes no batch. What is to live
 * longer leaves the scope by {@link panatorch.Tensor#escape}.
 *
 * <pre>{@code
 * try (var batches = loader.epoch(e).scoped()) {
 *     for (Batch batch : batches) {
 *         Tensor loss = crossEntropy(net.call(batch.images()), batch.labels());
 *         loss.backward();
 *         optimizer.step();
 *     }
 * }
 * }</pre>
 *
 * <p>
 * One thread iterates, once. {@link #close} ends the epoch and frees the last batch and its tensors, as is needed after {@code break} or an
 * exception; after the last batch nothing is left to close. {@link #forEach} closes by itself.
 */
public final class ScopedBatches implements Iterable<Batch>, AutoCloseable {
    private final Iterator<Batch> batches;
    private final Runnable end;
    private @Nullable Batch taken;
    private @Nullable Scope scope;

    ScopedBatches(Iterator<Batch> batches, Runnable end) {
        this.batches = batches;
        this.end = end;
    }

    @Override public Iterator<Batch> iterator() {
        return new Iterator<>() {
            @Override public boolean hasNext() {
                free();
                return batches.hasNext();
            }

            @Override public Batch next() {
                free();
                Batch next = batches.next();
                scope = Scope.open();
                return taken = next;
            }
        };
    }

    /** Calls {@code action} with every batch that is left, then closes the epoch. */
    @Override public void forEach(Consumer<? super Batch> action) {
        try (this) {
            for (Batch batch : this) action.accept(batch);
        }
    }

    private void free() {
        Scope open = scope;
        Batch last = taken;
        scope = null;
        taken = null;
        if (open != null) open.close();
        if (last != null) last.close();
    }

    /** Ends the epoch, and frees the batch that was taken last with the tensors that were made meanwhile. Closing twice is harmless. */
    @Override public void close() {
        try {
            free();
        } finally {
            end.run();
        }
    }
}
