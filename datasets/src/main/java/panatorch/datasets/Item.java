package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The destination of {@link Dataset#read} for one item: its row of every tensor of a batch. Only the thread of that call may use it, and
 * only during the call.
 */
public final class Item {
    private final Schema schema;
    private final MemorySegment[] columns;
    private final long[] bytes, longest;
    private final int row;
    private final long seed;

    /**
     * Makes the item of a row. All rows of a batch share the arrays.
     *
     * @param columns the memory of each field's tensor
     * @param bytes the bytes of one item in each field
     * @param longest the greatest {@link #trim} of each field so far
     */
    Item(Schema schema, MemorySegment[] columns, long[] bytes, long[] longest, int row, long seed) {
        this.schema = schema;
        this.columns = columns;
        this.bytes = bytes;
        this.longest = longest;
        this.row = row;
        this.seed = seed;
    }

    /** Makes an item outside any batch, in the Java heap. */
    static Item alone(Schema schema, long seed) {
        // Arrays of longs, since those of bytes are not aligned for anything wider.
        long[] bytes = schema.bytes();
        MemorySegment[] columns = Arrays.stream(bytes).mapToObj(n -> MemorySegment.ofArray(new long[Math.toIntExact((n + 7) / 8)]))
                .toArray(MemorySegment[]::new);
        return new Item(schema, columns, bytes, new long[columns.length], 0, seed);
    }

    /** Returns the fields that are to be written. */
    public Schema schema() { return schema; }

    /** Returns the {@link Field#bytes} of a field, last dimension fastest. Their content is undefined: all must be written. */
    public MemorySegment field(int index) {
        return columns[index].asSlice(row * bytes[index], bytes[index]);
    }

    /** Writes a field of one int64. */
    public void set(int field, long value) {
        columns[one(field)].setAtIndex(ValueLayout.JAVA_LONG, row, value);
    }

    /** Reads a field of one int64. */
    public long get(int field) { return columns[one(field)].getAtIndex(ValueLayout.JAVA_LONG, row); }

    private int one(int field) {
        if (bytes[field] != Long.BYTES)
            throw new IllegalArgumentException(
                    "only a field of one int64 is written or read as a number, not " + schema.fields().get(field));
        return field;
    }

    /**
     * Declares that only the first {@code length} entries of a field's first dimension matter. The rest is padding, which must be written
     * too. The batch is cut to its longest item; a field for which no item calls this is not cut.
     */
    public void trim(int field, long length) {
        if (length < 0 || length > schema.fields().get(field).shape().getFirst())
            throw new IllegalArgumentException(
                    length + " entries do not fit into the first dimension of " + schema.fields().get(field));
        longest[field] = Math.max(longest[field], length);
    }

    /**
     * Returns the random numbers of this item in this epoch of this run, for random choices while an item is read, such as a crop. Every
     * call of this method starts the same sequence.
     */
    public RandomGenerator random() { return new SplitMix(seed); }

    long seed() { return seed; }

    /** Reads an item of {@code set} into the fields from {@code first} on. */
    void fill(int first, Dataset set, int index) {
        int last = first + set.schema().fields().size();
        long[] cut = Arrays.copyOfRange(longest, first, last);
        set.read(index, new Item(set.schema(), Arrays.copyOfRange(columns, first, last), Arrays.copyOfRange(bytes, first, last), cut, row,
                seed));
        System.arraycopy(cut, 0, longest, first, cut.length);
    }
}
