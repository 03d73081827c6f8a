package panatorch.datasets;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.IntFunction;
import panatorch.Scope;
import panatorch.Tensor;

/** A dataset whose items a function makes; its fields are those of item 0. */
final class FunctionDataset implements Dataset {
    private final int size;
    private final IntFunction<? extends Map<String, Tensor>> items;
    private final Schema schema;

    FunctionDataset(int size, IntFunction<? extends Map<String, Tensor>> items) {
        if (size < 1)
            throw new IllegalArgumentException("a dataset made by a function needs at least one item, which tells its fields, not " + size);
        this.size = size;
        this.items = items;
        try (var scope = Scope.open()) {
            var fields = ordered(items.apply(0)).entrySet().stream()
                    .map(e -> Field.of(e.getKey(), e.getValue().dtype(), e.getValue().shape())).toList();
            schema = new Schema(fields, List.of(), null);
        }
    }

    /** Returns the tensors in the map's order if it has one. */
    private static SequencedMap<String, Tensor> ordered(Map<String, Tensor> item) {
        return item instanceof SequencedMap<String, Tensor> sequenced ? sequenced : new LinkedHashMap<>(new TreeMap<>(item));
    }

    @Override public int size() { return size; }

    @Override public Schema schema() { return schema; }

    @Override public void read(int index, Item item) {
        Objects.checkIndex(index, size);
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            Map<String, Tensor> made = items.apply(index);
            if (made.size() != schema.fields().size())
                throw new DatasetException("item " + index + " has the tensors " + made.keySet().stream().sorted().toList()
                        + ", but item 0 has the fields " + schema.fields().stream().map(Field::name).toList());
            for (int f = 0; f < schema.fields().size(); f++) copy(index, made, schema.fields().get(f), item.field(f), arena);
        }
    }

    private static void copy(int index, Map<String, Tensor> made, Field field, MemorySegment to, Arena arena) {
        Tensor t = made.get(field.name());
        if (t == null) throw new DatasetException("item " + index + " has no tensor " + field.name() + ", which item 0 has");
        long[] shape = field.shape().stream().mapToLong(n -> n).toArray();
        if (t.dtype() != field.dtype() || !Arrays.equals(t.shape(), shape))
            throw new DatasetException("tensor " + field.name() + " of item " + index + " is " + t.dtype() + " "
                    + Arrays.toString(t.shape()) + ", but that of item 0 is " + field.dtype() + " " + Arrays.toString(shape)
                    + "; an ItemDataset holds items of different shapes");
        if (to.byteSize() > 0) to.copyFrom(t.detach().cpu().contiguous().data(arena));
    }
}
