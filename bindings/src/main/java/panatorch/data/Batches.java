package panatorch.data;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * What a model is trained on or tested with, batch by batch and epoch by epoch. The order of an epoch depends on its number only, so that a
 * run can be repeated, and resumed in the middle.
 *
 * <p>
 * {@code panatorch.datasets.DataLoader} is such a source; {@link #of} and {@link #shuffled} make one of tensors.
 *
 * <pre>{@code
 * trainer.fit(DataLoader.of(train, 64).shuffle().build(), Batches.of(testImages, testLabels, 250), 5);
 * }</pre>
 */
public interface Batches {
    /** Returns the number of batches of every epoch. */
    int count();

    /**
     * Opens an epoch; the caller closes it.
     *
     * @param number of the epoch, from 1
     * @param first number of the first batch, from 0, as if those before had been taken
     */
    EpochIterator epoch(long number, int first);

    /** The batches of one epoch in their order, for one thread. Whoever takes a batch closes it. */
    interface EpochIterator extends Iterator<Pair>, AutoCloseable {
        @Override void close();
    }

    /** The input and the target of one batch, which belong to it until it is closed. */
    interface Pair extends AutoCloseable {
        /** Returns the model's input, [N, …]. */
        Tensor input();

        /** Returns the target, [N] or [N, …], or null where there are no labels. */
        @Nullable Tensor target();

        @Override void close();

        /**
         * Returns a pair of two tensors.
         *
         * @param close what {@code close()} does, such as closing both
         */
        static Pair of(Tensor input, @Nullable Tensor target, Runnable close) { return new TensorPair(input, target, close); }
    }

    /** The rows of two tensors in their order, {@code size} at a time; the tensors stay the caller's. */
    static Batches of(Tensor input, Tensor target, int size) {
        return new TensorBatches(input, target, size, null);
    }

    /** The rows of two tensors in an order that is new in every epoch; the tensors stay the caller's. */
    static Batches shuffled(Tensor input, Tensor target, int size, long seed) {
        return new TensorBatches(input, target, size, seed);
    }
}

record TensorPair(Tensor input, @Nullable Tensor target, Runnable release) implements Batches.Pair {
    @Override public void close() { release.run(); }
}
