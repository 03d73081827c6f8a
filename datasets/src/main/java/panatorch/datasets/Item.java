package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Where {@link Dataset#read} puts one item: its row of every tensor of a batch. One thread's, and only for the time of that call.
 */
public final class Item {
    private final Schema schema;
    private final MemorySegment[] columns;
    private final long[] bytes, longest;
    private final int row;
    private final long seed;

    /** @param columns the memory of each field's tensor; @param bytes of one item in it; @param longest the greatest {@link #trim} so far; all shared by all rows */
    Item(Schema schema, MemorySegment[] columns, long[] bytes, long[] longest, int row, long seed) {
        this.schema = schema;
        this.columns = columns;
        this.bytes = bytes;
        this.longest = longest;
        this.row = row;
        this.seed = seed;
    }

    /** A row of its own, in the heap, in which nothing is random. */
    static Item alone(Schema schema, long seed) {
        // Arrays of longs, since those of bytes are not aligned for anything wider.
        long[] bytes = schema.bytes();
        MemorySegment[] columns = Arrays.stream(bytes).mapToObj(n -> MemorySegment.ofArray(new long[Math.toIntExact((n + 7) / 8)])).toArray(MemorySegment[]::new);
        return new Item(schema, columns, bytes, new long[columns.length], 0, seed);
    }

    /** What is written here. */
    public Schema schema() { return schema; }

    /** The {@link Field#bytes} of a field, last dimension fastest, of unknown content: all of them have to be written. */
    public MemorySegment field(int index) { return columns[index].asSlice(row * bytes[index], bytes[index]); }

    /** Writes a field of one int64. */
    public void set(int field, long value) { columns[one(field)].setAtIndex(ValueLayout.JAVA_LONG, row, value); }

    /** Reads a field of one int64. */
    public long get(int field) { return columns[one(field)].getAtIndex(ValueLayout.JAVA_LONG, row); }

    private int one(int field) {
        if (bytes[field] != Long.BYTES) throw new IllegalArgumentException("this is not one int64: " + schema.fields().get(field));
        return field;
    }

    /**
     * Says that only the first {@code length} entries of a field's first dimension matter, the rest being padding that is written too.
     * The batch is cut to the longest of its items; a field of which an item does not say so is not cut.
     */
    public void trim(int field, long length) {
        if (length < 0 || length > schema.fields().get(field).shape().getFirst()) throw new IllegalArgumentException(length + " entries do not fit into " + schema.fields().get(field));
        longest[field] = Math.max(longest[field], length);
    }

    /**
     * Random numbers for this item, in this epoch, of this run: for what is random while an item is read, such as a crop of an
     * image that is decoded. The same at every call of this method.
     */
    public RandomGenerator random() { return new SplitMix(seed); }

    long seed() { return seed; }
}
