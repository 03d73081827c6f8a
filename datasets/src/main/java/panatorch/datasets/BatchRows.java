package panatorch.datasets;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/** The tensors of a batch while items are read into them. They belong to the scope and the arena in which this object was made. */
final class BatchRows {
    private final Schema schema;
    private final Tensor[] tensors;
    private final MemorySegment[] columns;
    private final long[] bytes, longest;

    /**
     * Allocates the tensors.
     *
     * @param pinned whether to use pinned memory, from which a GPU copies asynchronously
     */
    BatchRows(Schema schema, int rows, boolean pinned, Arena arena) {
        this.schema = schema;
        List<Field> fields = schema.fields();
        tensors = new Tensor[fields.size()];
        columns = new MemorySegment[tensors.length];
        bytes = schema.bytes();
        longest = new long[tensors.length];
        for (int f = 0; f < tensors.length; f++) {
            Field field = fields.get(f);
            var shape = new long[1 + field.shape().size()];
            shape[0] = rows;
            for (int d = 1; d < shape.length; d++) shape[d] = field.shape().get(d - 1);
            tensors[f] = Aten.empty(shape, field.dtype(), null, null, pinned ? true : null);
            columns[f] = tensors[f].data(arena);
        }
    }

    /**
     * Returns the item of a row.
     *
     * @param seed seed of {@link Item#random}
     */
    Item row(int row, long seed) { return new Item(schema, columns, bytes, longest, row, seed); }

    /** Returns the greatest {@link Item#trim} of each field so far. */
    long[] longest() { return longest.clone(); }

    /** Restores the lengths from before an item that is left out of the batch. */
    void setLongest(long[] before) {
        System.arraycopy(before, 0, longest, 0, longest.length);
    }

    /** Returns the first {@code rows} items by field name, cut to the longest item. */
    LinkedHashMap<String, Tensor> tensors(int rows) {
        var result = new LinkedHashMap<String, Tensor>();
        for (int f = 0; f < tensors.length; f++) {
            Tensor t = rows < tensors[f].size(0) ? tensors[f].narrow(0, 0, rows) : tensors[f];
            boolean cut = longest[f] > 0 && longest[f] < t.size(1);
            result.put(schema.fields().get(f).name(), cut ? t.narrow(1, 0, longest[f]).contiguous() : t);
        }
        return result;
    }
}
