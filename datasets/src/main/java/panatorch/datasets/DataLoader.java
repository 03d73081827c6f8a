package panatorch.datasets;

import java.lang.foreign.Arena;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.Transform;

/**
 * Makes batches of a set, epoch by epoch, on a thread that works ahead of the one that trains.
 *
 * <pre>{@code
 * var loader = DataLoader.of(train, 128).shuffle().seed(42)
 *         .transform(Compose.of(new RandomCrop(32, 4), new RandomHorizontalFlip(0.5), new Normalize(train.mean(), train.std())))
 *         .build();
 * for (int e = 0; e < 10; e++) {
 *     try (var epoch = loader.epoch(e)) {
 *         for (Batch batch : epoch) {
 *             try (batch) {
 *                 step(batch.images(), batch.labels());
 *             }
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>What a batch holds depends on the seed, the epoch and the batch's number only, never on timing. A loader is immutable, owns
 * nothing and may be used by many threads; its epochs own their threads and batches. The set must stay open while an epoch runs.
 */
public final class DataLoader {
    /** Tells the random numbers of items from those of batches. */
    private static final long ITEMS = 1;

    private final Dataset dataset;
    private final Sampler sampler;
    private final int batchSize;
    private final boolean dropLast;
    private final @Nullable Transform transform;
    private final String input;
    private final long seed;
    private final int prefetch;

    private DataLoader(Builder options) {
        dataset = options.dataset;
        batchSize = options.batchSize;
        dropLast = options.dropLast;
        seed = options.seed;
        prefetch = options.prefetch;
        Sampler given = options.sampler;
        if (given != null) sampler = given;
        else sampler = options.shuffle ? new RandomSampler(dataset.size(), seed) : new SequentialSampler(dataset.size());
        Transform change = options.transform;
        transform = change != null || dataset.schema().pixels() == null ? change : new Normalize(dataset.mean(), dataset.std());
        input = dataset.schema().fields().getFirst().name();
    }

    /** Options of a loader of batches of {@code batchSize} items; without any, they come in order, and images normalised. */
    public static Builder of(Dataset dataset, int batchSize) { return new Builder(dataset, batchSize); }

    /** The number of batches of an epoch. */
    public int batches() { return (sampler.size() + (dropLast ? 0 : batchSize - 1)) / batchSize; }

    /** Begins an epoch; the caller closes it. Epochs of different numbers differ in their order and in the transforms' draws. */
    public Epoch epoch(long epoch) { return epoch(epoch, 0); }

    /** Goes on with an epoch at batch {@code firstBatch}, as if those before had been taken: for a run that is resumed. */
    public Epoch epoch(long epoch, int firstBatch) {
        if (firstBatch < 0 || firstBatch > batches()) throw new IllegalArgumentException("an epoch of " + batches() + " batches has no batch " + firstBatch);
        return new Epoch(this, epoch, firstBatch, prefetch);
    }

    int[] order(long epoch) {
        int[] order = sampler.order(epoch);
        if (order.length != sampler.size()) throw new IllegalStateException("a sampler of " + sampler.size() + " items gave " + order.length + " for epoch " + epoch);
        return order;
    }

    Batch prepare(int[] order, long epoch, int batch, Generator generator) {
        int from = batch * batchSize, to = Math.min(order.length, from + batchSize);
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            var rows = new Rows(dataset.schema(), to - from, false, arena);
            for (int i = from; i < to; i++) read(order[i], rows.row(i - from, SplitMix.seed(seed, epoch, i, ITEMS)));
            var tensors = rows.tensors();
            if (transform != null) {
                generator.manualSeed(SplitMix.seed(seed, epoch, batch));
                tensors.replaceAll((name, t) -> name.equals(input) ? transform.apply(t, generator) : t);
            }
            return Batch.owning(tensors);
        }
    }

    /** What goes wrong bears the item's name. */
    private void read(int index, Item item) {
        Objects.checkIndex(index, dataset.size());
        try {
            dataset.read(index, item);
        } catch (DatasetException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new DatasetException(dataset.name(index) + " could not be read: " + e, e);
        }
    }

    /** The options of a loader. */
    public static final class Builder {
        private final Dataset dataset;
        private final int batchSize;
        private @Nullable Sampler sampler;
        private @Nullable Transform transform;
        private boolean shuffle, dropLast;
        private long seed;
        private int prefetch = 2;

        private Builder(Dataset dataset, int batchSize) {
            if (batchSize < 1) throw new IllegalArgumentException("a batch has at least one item, not " + batchSize);
            this.dataset = dataset;
            this.batchSize = batchSize;
        }

        /** Each epoch in a random order of its own. */
        public Builder shuffle() {
            shuffle = true;
            return this;
        }

        /** The order by which epochs visit the items, instead of the set's or a random one. */
        public Builder sampler(Sampler sampler) {
            this.sampler = sampler;
            return this;
        }

        /** What is done to the first field of every batch, uint8 {@code [N, C, H, W]} of images; by default images are normalised by the set's mean and deviation. */
        public Builder transform(Transform transform) {
            this.transform = transform;
            return this;
        }

        /** Where the order and the transforms' random numbers come from; 0 by default. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /** Leaves out a last batch of fewer items than the others. */
        public Builder dropLast() {
            dropLast = true;
            return this;
        }

        /** How many batches are prepared ahead; 2 by default. */
        public Builder prefetch(int batches) {
            if (batches < 1) throw new IllegalArgumentException("at least one batch is prepared ahead, not " + batches);
            prefetch = batches;
            return this;
        }

        public DataLoader build() { return new DataLoader(this); }
    }
}
