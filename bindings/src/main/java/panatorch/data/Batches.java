package panatorch.data;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * A source of training or test data, batch by batch and epoch by epoch. The order of an epoch depends only on its number, so that a run can
 * be repeated and resumed in the middle.
 *
 * <p>
 * {@code panatorch.datasets.DataLoader} is such a source; {@link #of} and {@link #shuffled} make one from tensors.
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
     * @param number number of the epoch, from 1
     * @param first index of the first batch, from 0; earlier ones are skipped
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

        /** Returns the target, [N] or [N, …], or null if there are no labels. */
        @Nullable Tensor target();

        @Override void close();

        /**
         * Returns a pair of two tensors.
         *
         * @param close what {@code close()} does, such as closing both
         */
        static Pair of(Tensor input, @Nullable Tensor target, Runnable close) { return new TensorPair(input, target, close); }
    }

    /** Returns batches of {@code size} rows of two tensors, in their order. The caller still owns the tensors. */
    static Batches of(Tensor input, Tensor target, int size) {
        return new TensorBatches(input, target, size, null);
    }

    /** Returns batches of {@code size} rows of two tensors, in a new random order in every epoch. The caller still owns the tensors. */
    static Batches shuffled(Tensor input, Tensor target, int size, long seed) {
        return new TensorBatches(input, target, size, seed);
    }
}

record TensorPair(Tensor input, @Nullable Tensor target, Runnable release) implements Batches.Pair {
    @Override public void close() { release.run(); }
}
