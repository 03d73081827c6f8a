package panatorch.datasets;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * A collection of items of one kind, such as labelled images, texts or rows of tensors. Items are read by index, straight into the memory
 * of a batch.
 *
 * <p>
 * Some datasets hold files or native memory: close a dataset when no loader uses it any more. Reading from many threads at once is safe.
 * Views ({@link #limit}, {@link #spaced}, {@link #subset}, {@link #split}, {@link #map}, {@link #concat}, {@link #stack}) read from the
 * datasets they were made of; closing a view closes nothing.
 */
public interface Dataset extends AutoCloseable {
    /** Returns the number of items. */
    int size();

    /** Returns the fields of every item, and its classes. */
    Schema schema();

    /**
     * Writes all fields of one item.
     *
     * @throws IndexOutOfBoundsException if there is no item {@code index}
     * @throws DatasetException if the item is damaged; the message names it
     */
    void read(int index, Item item);

    /** Returns a name of the item for messages: a file, or a record of a file. */
    default String name(int index) { return "item " + index; }

    /** Returns the label of an item. Datasets that know it without reading the item override this. */
    default int label(int index) {
        Item item = Item.alone(schema(), 0);
        int labels = schema().indexOf(Field.LABELS);
        read(index, item);
        return Math.toIntExact(item.get(labels));
    }

    /** Returns the names of the classes with the labels 0, 1, …. */
    default List<String> classNames() { return schema().classNames(); }

    /** Returns the number of classes. */
    default int classes() { return classNames().size(); }

    /** Returns the shape {@code [C, H, W]} of every image. */
    default long[] imageShape() {
        return schema().fields().get(schema().indexOf(Field.IMAGES)).shape().stream().mapToLong(n -> n).toArray();
    }

    /** Returns the mean of each channel over the training images, in [0, 1] as {@code pixel / 255}, for normalisation. */
    default double[] mean() {
        return ChannelStats.array(pixels().mean());
    }

    /** Returns the standard deviation of each channel over the training images, in the unit of {@link #mean}. */
    default double[] std() {
        return ChannelStats.array(pixels().std());
    }

    private ChannelStats pixels() {
        ChannelStats pixels = schema().pixels();
        if (pixels == null)
            throw new IllegalStateException(
                    "the dataset has no mean and standard deviation of image channels; if it has images, ChannelStats.of measures them. Its"
                            + " fields are " + schema().fields());
        return pixels;
    }

    /** Reads some items, untransformed. The caller closes the batch. */
    default Batch batch(int... indices) {
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            var rows = new BatchRows(schema(), indices.length, false, arena);
            for (int i = 0; i < indices.length; i++) read(indices[i], rows.row(i, indices[i]));
            return Batch.owning(rows.tensors(indices.length));
        }
    }

    /** Returns a view of the first {@code n} items, or of all if there are fewer. */
    default Dataset limit(int n) {
        if (n < 0) throw new IllegalArgumentException("n must be at least 0, but is " + n);
        return n >= size() ? this : subset(IntStream.range(0, n).toArray());
    }

    /**
     * Returns a view of {@code n} items at even distances, or of all if there are fewer. If the dataset is sorted by class, every class
     * keeps its share.
     */
    default Dataset spaced(int n) {
        if (n < 0) throw new IllegalArgumentException("n must be at least 0, but is " + n);
        long all = size();
        return n >= all ? this : subset(IntStream.range(0, n).map(i -> (int) (i * all / n)).toArray());
    }

    /** Returns a view of the items {@code indices}, in that order. */
    default Dataset subset(int... indices) {
        return new Subset(this, indices);
    }

    /**
     * Divides the dataset at random, as {@code torch.utils.data.random_split} does with a generator of this seed. No item is in two parts;
     * the items that rounding leaves over go to the first parts, one each.
     *
     * @param fractions the size of each part as a share of the dataset, with a sum of 1
     */
    default List<Dataset> split(long seed, double... fractions) { return Split.of(this, seed, fractions); }

    /** Returns a view whose items {@code change} makes of those of this dataset. */
    default Dataset map(Schema schema, Change change) {
        return new Mapped(this, schema, change);
    }

    /** Returns a view of the items of several datasets, one after the other. They must have the same fields and classes. */
    static Dataset concat(Dataset... sets) {
        return new Concat(List.of(sets));
    }

    /**
     * Returns a view whose items have the fields of several datasets' items of the same index: PyTorch's {@code StackDataset}. The datasets
     * must have the same size, and fields with different names. The classes are the first there are.
     */
    static Dataset stack(Dataset... sets) { return new Stacked(List.of(sets)); }

    /**
     * Makes a dataset of a function. Its fields are the tensors of item 0, in the map's order, or in the order of their names if the map
     * has none, as {@code Map.of}; all items must have the same ones. {@link ItemDataset#of} takes items of different shapes.
     *
     * <pre>{@code
     * Dataset squares = Dataset.of(100, i -> Map.of("a", Torch.full(new long[] {3}, i), "b", Torch.full(new long[] {3}, i * i)));
     * }</pre>
     *
     * @param size number of items, at least 1
     * @param items makes the tensors of an item on the CPU or elsewhere; called within a scope, by many threads at once
     */
    static Dataset of(int size, IntFunction<? extends Map<String, Tensor>> items) {
        return new FunctionDataset(size, items);
    }

    /** A function that makes an item of another one. Many threads may call it at once. */
    @FunctionalInterface
    interface Change {
        /** Reads {@code from} and writes all fields of {@code to}. */
        void apply(Item from, Item to);
    }

    /** Frees the memory and files of the dataset. Closing twice is harmless; reading afterwards is an {@link IllegalStateException}. */
    @Override default void close() {}
}
