package panatorch.datasets;

import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Tensor;
import panatorch.data.Batches;
import panatorch.datasets.transforms.Transform;

/**
 * Makes batches of an {@link IterableDataset}, epoch by epoch, on worker threads that prepare them ahead of the training thread.
 *
 * <pre>{@code
 * var loader = IterableLoader.of(lines, 32, Collate.standard()).workers(2).build();
 * try (var batches = loader.epoch(0).scoped()) {
 *     for (Batch batch : batches) step(batch);
 * }
 * }</pre>
 *
 * <p>
 * Every worker reads a share of the items and makes whole batches of it. Batches come from the workers in turn, as in PyTorch; a worker
 * whose items have ended is left out. So they depend on the number of workers and ranks, but never on timing. A loader may be used by many
 * threads; it owns no native memory, and its epochs own their batches.
 */
public final class IterableLoader {
    private final Start<?> start;

    private IterableLoader(Start<?> start) { this.start = start; }

    /** Everything that an epoch needs, and nothing that refers to the epoch. */
    record Start<T>(IterableDataset<? extends T> dataset, int batchSize, Collate<? super T> collate, boolean dropLast, int workers,
            int prefetch, int rank, int ranks, long seed, @Nullable Transform transform, @Nullable Device device) {
        IterableEpoch open(long epoch) { return IterableEpoch.of(this, epoch); }
    }

    /**
     * Returns a builder of a loader of {@code batchSize} items a batch; the last batch of a worker may have fewer.
     *
     * @param collate makes a batch of a list of items
     */
    public static <T> Builder<T> of(IterableDataset<? extends T> dataset, int batchSize, Collate<? super T> collate) {
        return new Builder<>(dataset, batchSize, collate);
    }

    /** Begins an epoch; the caller closes it. The number is that of the {@link IterableDataset.Pass}. */
    public IterableEpoch epoch(long epoch) {
        return start.open(epoch);
    }

    /**
     * Returns epochs of a fixed number of batches, such as a trainer needs. What a stream has beyond that is not read. An epoch that begins
     * in the middle reads the batches before its first and drops them.
     *
     * @param count number of batches of an epoch; a stream that ends earlier is a {@link DatasetException}
     * @param input the model's input of a batch
     * @param target the target of a batch; may return null
     */
    public Batches batches(int count, Function<? super Batch, Tensor> input, Function<? super Batch, ? extends @Nullable Tensor> target) {
        if (count < 0) throw new IllegalArgumentException("count must be at least 0, but is " + count);
        return new Batches() {
            @Override public int count() { return count; }

            @Override public EpochIterator epoch(long number, int first) {
                IterableEpoch epoch = IterableLoader.this.epoch(number);
                return new EpochIterator() {
                    private int next;

                    private Batch take() {
                        if (!epoch.hasNext())
                            throw new DatasetException("epoch " + number + " ended after " + next + " of " + count + " batches");
                        next++;
                        return epoch.next();
                    }

                    @Override public boolean hasNext() { return Math.max(next, first) < count; }

                    @Override public Pair next() {
                        if (!hasNext()) throw new NoSuchElementException("the epoch has " + count + " batches");
                        while (next < first) take().close();
                        Batch batch = take();
                        return Pair.of(input.apply(batch), target.apply(batch), batch::close);
                    }

                    @Override public void close() { epoch.close(); }
                };
            }
        };
    }

    /** Options of an {@link IterableLoader}. */
    public static final class Builder<T> {
        private final IterableDataset<? extends T> dataset;
        private final int batchSize;
        private final Collate<? super T> collate;
        private boolean dropLast;
        private int workers = 1, prefetch = 2, rank, ranks = 1;
        private long seed;
        private @Nullable Transform transform;
        private @Nullable Device device;

        private Builder(IterableDataset<? extends T> dataset, int batchSize, Collate<? super T> collate) {
            if (batchSize < 1) throw new IllegalArgumentException("batchSize must be at least 1, but is " + batchSize);
            this.dataset = dataset;
            this.batchSize = batchSize;
            this.collate = collate;
        }

        /** Drops the last batch of every worker if it has fewer items than the others. */
        public Builder<T> dropLast() {
            dropLast = true;
            return this;
        }

        /**
         * Sets the number of threads, each with a stream of its own; 1 by default. Other than that of a {@link DataLoader} it changes the
         * batches.
         */
        public Builder<T> workers(int threads) {
            if (threads < 1) throw new IllegalArgumentException("workers must be at least 1, but is " + threads);
            workers = threads;
            return this;
        }

        /** Sets how many batches each worker prepares ahead; 2 by default. */
        public Builder<T> prefetch(int batches) {
            if (batches < 1) throw new IllegalArgumentException("prefetch must be at least 1, but is " + batches);
            prefetch = batches;
            return this;
        }

        /** Reads one rank's shares of the items. Ranks may get different numbers of batches. */
        public Builder<T> rank(int rank, int ranks) {
            if (ranks < 1 || rank < 0 || rank >= ranks)
                throw new IllegalArgumentException("the rank must be from 0 to " + (ranks - 1) + ", but is " + rank);
            this.rank = rank;
            this.ranks = ranks;
            return this;
        }

        /** Sets the seed of the random numbers of the transform; 0 by default. */
        public Builder<T> seed(long seed) {
            this.seed = seed;
            return this;
        }

        /** Sets the transform of the first tensor of every batch. */
        public Builder<T> transform(Transform transform) {
            this.transform = transform;
            return this;
        }

        /** Sets the device to which batches are copied before they are transformed; the CPU by default. */
        public Builder<T> device(Device device) {
            this.device = device;
            return this;
        }

        public IterableLoader build() {
            return new IterableLoader(
                    new Start<>(dataset, batchSize, collate, dropLast, workers, prefetch, rank, ranks, seed, transform, device));
        }
    }
}
