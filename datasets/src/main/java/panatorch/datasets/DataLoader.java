package panatorch.datasets;

import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.data.Batches;
import panatorch.datasets.transforms.ToFloat;
import panatorch.datasets.transforms.Transform;
import panatorch.internal.log.Log;

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
 * <p>A loader is what {@code panatorch.train.Trainer} takes: the input is the first field, the target the field {@code labels}.
 *
 * <p>What a batch holds depends on the seed, the epoch and the batch's number only, never on timing. A loader is immutable but for what it counts, owns
 * nothing and may be used by many threads; its epochs own their batches. The set must stay open while an epoch runs.
 */
public final class DataLoader implements Batches {
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
    private final boolean skipDamaged;
    /** Of all epochs, by their indices. */
    private final Map<Integer, String> skipped = new ConcurrentSkipListMap<>();

    private DataLoader(Builder options) {
        dataset = options.dataset;
        batchSize = options.batchSize;
        dropLast = options.dropLast;
        seed = options.seed;
        prefetch = options.prefetch;
        workers = options.workers;
        device = options.device;
        skipDamaged = options.skipDamaged;
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
    @Override public int count() { return (sampler.size() + (dropLast ? 0 : batchSize - 1)) / batchSize; }

    /** Begins an epoch; the caller closes it. Epochs of different numbers differ in their order and in the transforms' draws. */
    public Epoch epoch(long epoch) { return epoch(epoch, 0); }

    /** Goes on with an epoch at batch {@code firstBatch}, as if those before had been taken: for a run that is resumed. */
    @Override public Epoch epoch(long epoch, int firstBatch) {
        if (firstBatch < 0 || firstBatch > count()) throw new IllegalArgumentException("an epoch of " + count() + " batches has no batch " + firstBatch);
        return new Epoch(this, epoch, firstBatch, workers, prefetch);
    }

    /**
     * Returns this loader's batches with other tensors as input and target than the first field and {@code labels}.
     *
     * @param input of a batch, such as {@code Batch::tokens}
     * @param target of a batch, such as {@code b -> b.get("masks")}
     */
    public Batches pairs(Function<? super Batch, Tensor> input, Function<? super Batch, ? extends @Nullable Tensor> target) {
        return new Batches() {
            @Override public int count() { return DataLoader.this.count(); }

            @Override public EpochIterator epoch(long number, int first) {
                Epoch epoch = DataLoader.this.epoch(number, first);
                return new EpochIterator() {
                    @Override public boolean hasNext() { return epoch.hasNext(); }

                    @Override public Pair next() {
                        Batch batch = epoch.next();
                        return Pair.of(input.apply(batch), target.apply(batch), batch::close);
                    }

                    @Override public void close() { epoch.close(); }
                };
            }
        };
    }

    /** The names of the items that {@link Builder#skipDamaged} has left out of the batches that were taken so far, in all epochs, each once and in the set's order. */
    public List<String> skipped() { return List.copyOf(skipped.values()); }

    /** Notes what a batch that is taken lacks, and says so once. */
    void note(Map<Integer, DatasetException> damaged) {
        damaged.forEach((index, why) -> {
            if (skipped.putIfAbsent(index, dataset.name(index)) == null) Log.warn(DataLoader.class, "skipped " + dataset.name(index) + ", damaged items so far: " + skipped.size() + ". " + why.getMessage());
        });
    }

    String name(int index) { return dataset.name(index); }

    int[] order(long epoch) {
        int[] order = sampler.order(epoch);
        if (order.length != sampler.size()) throw new IllegalStateException("a sampler of " + sampler.size() + " items gave " + order.length + " for epoch " + epoch);
        return order;
    }

    /** @param wanted told of each item before it is read; that nobody wants it any more ends the batch by a {@link CancellationException} */
    Prepared prepare(int[] order, long epoch, int batch, Generator generator, IntPredicate wanted) {
        int from = batch * batchSize, to = Math.min(order.length, from + batchSize);
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            // From pinned memory a GPU copies by itself, while this thread goes on; libtorch keeps the memory until it is done.
            var rows = new Rows(dataset.schema(), to - from, device != null && device.type() == Device.Type.CUDA, arena);
            var damaged = new LinkedHashMap<Integer, DatasetException>();
            int read = 0;
            // A batch of which nothing is left holds the next item of the order that is whole: an epoch has as many batches as were said.
            for (int n = 0; n < to - from || read == 0; n++) {
                if (n == order.length) throw new DatasetException("all " + order.length + " items of the epoch are damaged; the last one: " + damaged.lastEntry().getValue().getMessage(), damaged.lastEntry().getValue());
                int at = (from + n) % order.length;
                if (!wanted.test(order[at])) throw new CancellationException();
                if (read(order[at], rows, read, SplitMix.seed(seed, epoch, at, ITEMS), damaged)) read++;
            }
            var tensors = rows.tensors(read);
            if (device != null) tensors.replaceAll((name, t) -> Aten.to(t, device, t.dtype(), true));
            if (transform != null) {
                generator.manualSeed(SplitMix.seed(seed, epoch, batch));
                tensors.replaceAll((name, t) -> name.equals(input) ? transform.apply(t, generator) : t);
            }
            return new Prepared(Batch.owning(tensors), damaged);
        }
    }

    /** Whether the item is there; if it is not, it is among the damaged. What goes wrong bears the item's name. */
    private boolean read(int index, Rows rows, int row, long seed, Map<Integer, DatasetException> damaged) {
        Objects.checkIndex(index, dataset.size());
        long[] longest = rows.longest();
        try {
            dataset.read(index, rows.row(row, seed));
            return true;
        } catch (DatasetException e) {
            if (!skipDamaged) throw e;
            rows.setLongest(longest);
            damaged.put(index, e);
            return false;
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
        private boolean shuffle, dropLast, skipDamaged;
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
         * Leaves out items that the set calls damaged by a {@link DatasetException}, instead of ending the epoch by the first: a warning names each, once,
         * {@link DataLoader#skipped} has all of them, and {@link Epoch#skipped} counts. Their batch has fewer rows, all others are what they would be,
         * whatever the number of workers; one that would have none holds the next item of the epoch that is whole. An epoch without any fails.
         */
        public Builder skipDamaged() {
            skipDamaged = true;
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
