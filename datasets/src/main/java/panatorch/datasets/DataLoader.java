package panatorch.datasets;

import java.lang.foreign.Arena;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.datasets.transforms.ToFloat;
import panatorch.datasets.transforms.Transform;

/**
 * Makes batches of a set, epoch by epoch, on threads that work ahead of the one that trains. Images are float32 in [0, 1] unless a transform
 * makes them something else.
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
    private final int workers, prefetch;
    private final @Nullable Device device;

    private DataLoader(Builder options) {
        dataset = options.dataset;
        batchSize = options.batchSize;
        dropLast = options.dropLast;
        seed = options.seed;
        prefetch = options.prefetch;
        workers = options.workers;
        device = options.device;
        Sampler given = options.sampler;
        if (given != null) sampler = given;
        else sampler = options.shuffle ? new RandomSampler(dataset.size(), seed) : new SequentialSampler(dataset.size());
        Transform change = options.transform;
        Field first = dataset.schema().fields().getFirst();
        transform = change == null && first.name().equals(Field.IMAGES) && first.dtype() == DType.UINT8 ? new ToFloat() : change;
        input = first.name();
    }

    /** Options of a loader of batches of {@code batchSize} items; without any, they come in order, and images as float32 in [0, 1]. */
    public static Builder of(Dataset dataset, int batchSize) { return new Builder(dataset, batchSize); }

    /** The number of batches of an epoch. */
    public int batches() { return (sampler.size() + (dropLast ? 0 : batchSize - 1)) / batchSize; }

    /** Begins an epoch; the caller closes it. Epochs of different numbers differ in their order and in the transforms' draws. */
    public Epoch epoch(long epoch) { return epoch(epoch, 0); }

    /** Goes on with an epoch at batch {@code firstBatch}, as if those before had been taken: for a run that is resumed. */
    public Epoch epoch(long epoch, int firstBatch) {
        if (firstBatch < 0 || firstBatch > batches()) throw new IllegalArgumentException("an epoch of " + batches() + " batches has no batch " + firstBatch);
        return new Epoch(this, epoch, firstBatch, workers, prefetch);
    }

    int[] order(long epoch) {
        int[] order = sampler.order(epoch);
        if (order.length != sampler.size()) throw new IllegalStateException("a sampler of " + sampler.size() + " items gave " + order.length + " for epoch " + epoch);
        return order;
    }

    /** @param stop whether nobody wants the batch any more, which ends it by a {@link CancellationException} */
    Batch prepare(int[] order, long epoch, int batch, Generator generator, BooleanSupplier stop) {
        int from = batch * batchSize, to = Math.min(order.length, from + batchSize);
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            // From pinned memory a GPU copies by itself, while this thread goes on; libtorch keeps the memory until it is done.
            var rows = new Rows(dataset.schema(), to - from, device != null && device.type() == Device.Type.CUDA, arena);
            for (int i = from; i < to; i++) {
                if (stop.getAsBoolean()) throw new CancellationException();
                read(order[i], rows.row(i - from, SplitMix.seed(seed, epoch, i, ITEMS)));
            }
            var tensors = rows.tensors();
            if (device != null) tensors.replaceAll((name, t) -> Aten.to(t, device, t.dtype(), true));
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
        private int workers = 1, prefetch = 2;
        private @Nullable Device device;

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

        /**
         * What is done to the first field of every batch, uint8 {@code [N, C, H, W]} of images. Without it images are float32 in [0, 1], as of
         * torchvision's {@code ToTensor}; they are normalised by {@link panatorch.datasets.transforms.Normalize} only.
         */
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

        /**
         * How many threads prepare batches; 1 by default, which is enough for sets that only copy. Sets that decode want one for each
         * core. It changes nothing but the speed: order, bits and errors are the same.
         */
        public Builder workers(int threads) {
            if (threads < 1) throw new IllegalArgumentException("at least one thread prepares batches, not " + threads);
            workers = threads;
            return this;
        }

        /**
         * Where batches go, before they are transformed; the CPU by default. To a GPU they are copied asynchronously from pinned
         * memory, on its default stream: who works on another one lets that wait for it.
         */
        public Builder device(Device device) {
            this.device = device;
            return this;
        }

        /** How many batches are prepared ahead, beyond the one that each further worker is at; 2 by default. */
        public Builder prefetch(int batches) {
            if (batches < 1) throw new IllegalArgumentException("at least one batch is prepared ahead, not " + batches);
            prefetch = batches;
            return this;
        }

        public DataLoader build() { return new DataLoader(this); }
    }
}
