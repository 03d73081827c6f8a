package panatorch.datasets;

import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
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
 * Makes batches of a dataset, epoch by epoch, on worker threads that prepare them ahead of the training thread. Images are float32 in [0,
 * 1] unless a transform makes them something else.
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
 * <p>
 * {@code panatorch.train.Trainer} takes a loader as it is: the input is the first field, the target the field {@code labels}.
 *
 * <p>
 * A batch's content depends only on the seed, the epoch and the batch number, never on timing. A loader may be used by many threads: it is
 * immutable apart from its list of {@linkplain #skipped skipped items}. It owns no native memory; its epochs own their batches. The dataset
 * must stay open while an epoch runs.
 */
public final class DataLoader implements Batches {
    /** A part of the seed of every item, so that items and batches draw different random numbers. */
    private static final long ITEMS = 1;

    private final ItemSource source;
    private final Sampler sampler;
    private final @Nullable BatchSampler batchSampler;
    private final int batchSize;
    private final boolean dropLast;
    private final @Nullable Transform transform;
    private final @Nullable String input;
    private final long seed;
    private final int workers, prefetch;
    private final RankShare share;
    private final @Nullable Device device;
    private final boolean skipDamaged;
    /** Names of the items skipped in all epochs, by index. */
    private final Map<Integer, String> skipped = new ConcurrentSkipListMap<>();

    private DataLoader(Builder options) {
        source = options.source;
        batchSampler = options.batchSampler;
        batchSize = options.batchSize;
        dropLast = options.dropLast;
        seed = options.seed;
        prefetch = options.prefetch;
        workers = options.workers;
        device = options.device;
        skipDamaged = options.skipDamaged;
        share = options.share;
        Sampler given = options.sampler;
        if (given == null) given = options.shuffle ? new RandomSampler(source.size(), seed) : new SequentialSampler(source.size());
        sampler = share.of(given, dropLast);
        if (batchSampler != null && (options.sampler != null || options.shuffle || dropLast || share.ranks() > 1))
            throw new IllegalArgumentException(
                    "a batch sampler decides the order and the batches by itself; build it from a sampler, a share of the items or"
                            + " BatchSampler.of instead of setting a sampler, shuffle, dropLast or rank");
        Transform change = options.transform;
        Field first = options.first;
        boolean bytes = first != null && first.name().equals(Field.IMAGES) && first.dtype() == DType.UINT8;
        transform = change == null && bytes ? new ToFloat() : change;
        input = first == null ? null : first.name();
    }

    /**
     * Returns a builder of a loader of {@code batchSize} items a batch. By default items come in the dataset's order, and images as float32
     * in [0, 1].
     */
    public static Builder of(Dataset dataset, int batchSize) {
        return new Builder(ItemSource.of(dataset), dataset.schema().fields().getFirst(), batchSize, null);
    }

    /** Returns a builder of a loader whose batches a batch sampler decides. */
    public static Builder of(Dataset dataset, BatchSampler batches) {
        return new Builder(ItemSource.of(dataset), dataset.schema().fields().getFirst(), 1, batches);
    }

    /**
     * Returns a builder of a loader of items of any type. Nothing is transformed unless a transform is set; it changes the first tensor of
     * the collated batch.
     *
     * @param collate makes a batch of a list of items
     */
    public static <T> Builder of(ItemDataset<T> dataset, int batchSize, Collate<? super T> collate) {
        return new Builder(ItemSource.of(dataset, collate), null, batchSize, null);
    }

    /** Returns a builder of a loader of items of any type, whose batches a batch sampler decides. */
    public static <T> Builder of(ItemDataset<T> dataset, BatchSampler batches, Collate<? super T> collate) {
        return new Builder(ItemSource.of(dataset, collate), null, 1, batches);
    }

    /** Returns the number of batches of an epoch. */
    @Override public int count() {
        return batchSampler != null ? batchSampler.size() : (sampler.size() + (dropLast ? 0 : batchSize - 1)) / batchSize;
    }

    /** Begins an epoch; the caller closes it. Epochs of different numbers differ in their order and their random transforms. */
    public Epoch epoch(long epoch) {
        return epoch(epoch, 0);
    }

    /** Resumes an epoch at batch {@code firstBatch}, as if the batches before it had been taken. */
    @Override public Epoch epoch(long epoch, int firstBatch) {
        if (firstBatch < 0 || firstBatch > count())
            throw new IllegalArgumentException(
                    "firstBatch must lie between 0 and " + count() + ", the number of batches, but is " + firstBatch);
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

    /**
     * Returns the names of the items that {@link Builder#skipDamaged} left out of the batches taken so far, in all epochs. Each is listed
     * once, in the dataset's order.
     */
    public List<String> skipped() { return List.copyOf(skipped.values()); }

    /** Records the items that a taken batch lacks, and logs a warning for each the first time. */
    void note(Map<Integer, DatasetException> damaged) {
        damaged.forEach((index, why) -> {
            if (skipped.putIfAbsent(index, source.name(index)) == null)
                Log.warn(DataLoader.class,
                        "skipped " + source.name(index) + ", damaged items so far: " + skipped.size() + ". " + why.getMessage());
        });
    }

    String name(int index) { return source.name(index); }

    EpochOrder order(long epoch) {
        if (batchSampler != null) {
            List<int[]> batches = batchSampler.order(epoch);
            if (batches.size() != batchSampler.size())
                throw new IllegalStateException("the batch sampler's order for epoch " + epoch + " has " + batches.size()
                        + " batches, but its size() is " + batchSampler.size());
            return EpochOrder.of(batches);
        }
        int[] order = sampler.order(epoch);
        if (order.length != sampler.size())
            throw new IllegalStateException(
                    "the sampler's order for epoch " + epoch + " has " + order.length + " items, but its size() is " + sampler.size());
        return EpochOrder.of(order, batchSize, count());
    }

    /**
     * Prepares a batch: reads its items, copies them to the device and transforms them.
     *
     * @param wanted called with the index of each item before it is read; if it returns false, the batch ends in a
     * {@link CancellationException}
     */
    Prepared prepare(EpochOrder epochOrder, long epoch, int batch, Generator generator, IntPredicate wanted) {
        int[] order = epochOrder.items();
        int from = epochOrder.from(batch), size = epochOrder.size(batch);
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            // A GPU copies from pinned memory asynchronously; libtorch keeps the memory until the copy is done.
            var rows = source.begin(size, device != null && device.type() == Device.Type.CUDA, arena);
            var damaged = new LinkedHashMap<Integer, DatasetException>();
            int read = 0;
            // A batch whose items are all damaged holds the next undamaged item of the order: the number of batches never changes.
            for (int n = 0; n < size || read == 0; n++) {
                if (n == order.length)
                    throw new DatasetException("all " + order.length + " items of the epoch are damaged; the last one: "
                            + damaged.lastEntry().getValue().getMessage(), damaged.lastEntry().getValue());
                int at = (from + n) % order.length;
                if (!wanted.test(order[at])) throw new CancellationException();
                if (read(order[at], rows, read, SplitMix.seed(seed, epoch, share.place(at), ITEMS), damaged)) read++;
            }
            var values = rows.finish(read);
            if (transform != null) generator.manualSeed(SplitMix.seed(seed, epoch, share.place(batch)));
            return new Prepared(finished(values, device, transform, input, generator), damaged);
        }
    }

    /**
     * Makes a batch of values: copies their tensors to the device, and transforms one.
     *
     * @param input name of the tensor to transform; null for the first
     */
    static Batch finished(SequencedMap<String, Object> values, @Nullable Device device, @Nullable Transform transform,
            @Nullable String input, Generator generator) {
        if (device != null) values.replaceAll((name, v) -> Objects.requireNonNull(Values.map(v, t -> Aten.to(t, device, t.dtype(), true))));
        if (transform != null) {
            String name = input != null ? input
                    : values.entrySet().stream().filter(e -> e.getValue() instanceof Tensor).map(Map.Entry::getKey).findFirst()
                            .orElseThrow(() -> new IllegalArgumentException(
                                    "the batch has no tensor to transform; its values are " + String.join(", ", values.keySet())));
            values.computeIfPresent(name, (_, t) -> transform.apply((Tensor) t, generator));
        }
        return Batch.of(values);
    }

    /** Reads an item; returns false if it is damaged and skipped, and adds it to {@code damaged}. Errors name the item. */
    private boolean read(int index, ItemSource.Rows rows, int row, long seed, Map<Integer, DatasetException> damaged) {
        Objects.checkIndex(index, source.size());
        try {
            rows.read(index, row, seed);
            return true;
        } catch (DatasetException e) {
            if (!skipDamaged) throw e;
            damaged.put(index, e);
            return false;
        } catch (RuntimeException e) {
            throw new DatasetException(source.name(index) + " could not be read: " + e, e);
        }
    }

    /** Options of a {@link DataLoader}. */
    public static final class Builder {
        private final ItemSource source;
        private final @Nullable Field first;
        private final @Nullable BatchSampler batchSampler;
        private final int batchSize;
        private @Nullable Sampler sampler;
        private @Nullable Transform transform;
        private boolean shuffle, dropLast, skipDamaged;
        private RankShare share = RankShare.WHOLE;
        private long seed;
        private int workers = 1, prefetch = 2;
        private @Nullable Device device;

        private Builder(ItemSource source, @Nullable Field first, int batchSize, @Nullable BatchSampler batchSampler) {
            if (batchSize < 1) throw new IllegalArgumentException("batchSize must be at least 1, but is " + batchSize);
            this.source = source;
            this.first = first;
            this.batchSize = batchSize;
            this.batchSampler = batchSampler;
        }

        /** Visits the items in random order, a new one in every epoch. */
        public Builder shuffle() {
            shuffle = true;
            return this;
        }

        /** Sets the sampler that decides the order of the items. It takes precedence over {@link #shuffle}. */
        public Builder sampler(Sampler sampler) {
            this.sampler = sampler;
            return this;
        }

        /** Loads one rank's share of a training set: {@link #rank(int, int, boolean)} with shares of the same size. */
        public Builder rank(int rank, int ranks) {
            return rank(rank, ranks, true);
        }

        /**
         * Loads one rank's share of the items: every {@code ranks}-th one of the order, beginning with the item of number {@code rank}. The
         * batch size is that of this rank. All ranks' batches of one number together are a section of the order, so an epoch has the same
         * batches of all ranks whatever their number, if {@code ranks} times the batch size stays the same. Random numbers of items are
         * then the same too; those of transforms, which are drawn by batch, are not.
         *
         * @param rank number of this rank, from 0
         * @param ranks number of ranks
         * @param even whether all shares have the same size, as a training needs it: the first items are repeated at the end, or with
         * {@link #dropLast} the last ones are left out, as by PyTorch's {@code DistributedSampler}. If not, no item is repeated and shares
         * may differ by one item, as an evaluation needs it
         */
        public Builder rank(int rank, int ranks, boolean even) {
            share = new RankShare(rank, ranks, even);
            return this;
        }

        /**
         * Sets the transform of the first field of every batch, for images uint8 {@code [N, C, H, W]}. Without one, images become float32
         * in [0, 1], as torchvision's {@code ToTensor} makes them. Only {@link panatorch.datasets.transforms.Normalize} normalises them.
         */
        public Builder transform(Transform transform) {
            this.transform = transform;
            return this;
        }

        /** Sets the seed of the order and of the random numbers of items and transforms; 0 by default. */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /** Drops the last batch if it has fewer items than the others. */
        public Builder dropLast() {
            dropLast = true;
            return this;
        }

        /**
         * Leaves out damaged items, for which the dataset throws a {@link DatasetException}, instead of ending the epoch at the first. A
         * warning names each, once; {@link DataLoader#skipped} lists them and {@link Epoch#skipped} counts them. Their batch has fewer
         * rows, and all other rows are unchanged, whatever the number of workers. A batch that would be empty holds the next undamaged item
         * of the epoch. An epoch without an undamaged item fails.
         */
        public Builder skipDamaged() {
            skipDamaged = true;
            return this;
        }

        /**
         * Sets the number of threads that prepare batches; 1 by default, which is enough for datasets that only copy. Datasets that decode
         * need one for each core. It affects only the speed: order, bits and errors stay the same.
         */
        public Builder workers(int threads) {
            if (threads < 1) throw new IllegalArgumentException("workers must be at least 1, but is " + threads);
            workers = threads;
            return this;
        }

        /**
         * Sets the device to which batches are copied before they are transformed; the CPU by default. Copies to a GPU are asynchronous,
         * from pinned memory, on the GPU's default stream. Code that works on another stream makes it wait for that one.
         */
        public Builder device(Device device) {
            this.device = device;
            return this;
        }

        /** Sets how many batches are prepared ahead; 2 by default. Each worker beyond the first adds one. */
        public Builder prefetch(int batches) {
            if (batches < 1) throw new IllegalArgumentException("prefetch must be at least 1, but is " + batches);
            prefetch = batches;
            return this;
        }

        public DataLoader build() { return new DataLoader(this); }
    }
}
