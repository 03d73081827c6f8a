package panatorch.datasets;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.IntStream;
import panatorch.Scope;

/**
 * Items of one make, read by index straight into the memory of a batch: images with labels, texts, rows of tensors.
 *
 * <p>Some sets hold files or native memory: close a set when no loader uses it any more. Reading from many threads at once is
 * safe. Views ({@link #limit}, {@link #spaced}, {@link #subset}, {@link #split}, {@link #map}, {@link #concat}) read from the sets they were made
 * of; closing a view closes nothing.
 */
public interface Dataset extends AutoCloseable {
    /** The number of items. */
    int size();

    /** What every item is made of. */
    Schema schema();

    /**
     * Writes all fields of one item.
     *
     * @throws IndexOutOfBoundsException if there is no item {@code index}
     * @throws DatasetException if the item is damaged; the message names it
     */
    void read(int index, Item item);

    /** What a person would call the item, for messages: a file or a record of one. */
    default String name(int index) { return "item " + index; }

    /** The label of an item. Sets that know it without reading the item override this. */
    default int label(int index) {
        Item item = Item.alone(schema(), 0);
        int labels = schema().indexOf(Field.LABELS);
        read(index, item);
        return Math.toIntExact(item.get(labels));
    }

    /** What the labels 0, 1, … stand for. */
    default List<String> classNames() { return schema().classNames(); }

    /** The number of classes. */
    default int classes() { return classNames().size(); }

    /** {@code [C, H, W]} of every image. */
    default long[] imageShape() { return schema().fields().get(schema().indexOf(Field.IMAGES)).shape().stream().mapToLong(n -> n).toArray(); }

    /** The mean of each channel over the training images, in [0, 1] as {@code pixel / 255}: what normalisation subtracts. */
    default double[] mean() { return ChannelStats.array(pixels().mean()); }

    /** The standard deviation of each channel over the training images, in the unit of {@link #mean}. */
    default double[] std() { return ChannelStats.array(pixels().std()); }

    private ChannelStats pixels() {
        ChannelStats pixels = schema().pixels();
        if (pixels == null) throw new IllegalStateException("the mean of these items is not known; they consist of " + schema().fields());
        return pixels;
    }

    /** Some items as they are, untransformed; the caller closes them. */
    default Batch batch(int... indices) {
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            var rows = new Rows(schema(), indices.length, false, arena);
            for (int i = 0; i < indices.length; i++) read(indices[i], rows.row(i, indices[i]));
            return Batch.owning(rows.tensors(indices.length));
        }
    }

    /** The first {@code n} items, or all if there are fewer. */
    default Dataset limit(int n) {
        if (n < 0) throw new IllegalArgumentException("a set cannot be limited to " + n + " items");
        return n >= size() ? this : subset(IntStream.range(0, n).toArray());
    }

    /** {@code n} items at even distances, or all if there are fewer: of a set that lies class by class, each class in its share. */
    default Dataset spaced(int n) {
        if (n < 0) throw new IllegalArgumentException("a set cannot be limited to " + n + " items");
        long all = size();
        return n >= all ? this : subset(IntStream.range(0, n).map(i -> (int) (i * all / n)).toArray());
    }

    /** The items {@code indices}, in that order. */
    default Dataset subset(int... indices) { return new Subset(this, indices); }

    /**
     * Divides the set at random, as {@code torch.utils.data.random_split} does with a generator of this seed: no item is in two
     * parts, and what rounding leaves over goes to the first parts, one each.
     *
     * @param fractions of the set, with a sum of 1
     */
    default List<Dataset> split(long seed, double... fractions) { return Split.of(this, seed, fractions); }

    /** Every item as {@code change} makes it of this set's. */
    default Dataset map(Schema schema, Change change) { return new Mapped(this, schema, change); }

    /** The items of all sets, one set after the other. They must have the same fields and classes. */
    static Dataset concat(Dataset... sets) { return new Concat(List.of(sets)); }

    /** Makes an item of another one. Many threads may call it at once. */
    @FunctionalInterface
    interface Change {
        /** Writes all fields of {@code to}. */
        void apply(Item from, Item to);
    }

    /** Frees what the set holds. Closing twice is harmless; reading afterwards is an {@link IllegalStateException}. */
    @Override default void close() {}
}
