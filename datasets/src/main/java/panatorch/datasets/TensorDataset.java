package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * A dataset of the rows of tensors: item i is row i of each of them. {@code Torch.tensor} makes tensors of arrays.
 *
 * <p>
 * A tensor that is contiguous and on the CPU is shared, not copied: changes to its values show in the dataset, which keeps its memory alive
 * until the dataset is closed or no longer reachable.
 */
public final class TensorDataset implements Dataset {
    private final Schema schema;
    private final Releasable<List<MemorySegment>> rows;
    private final int size;

    private TensorDataset(SequencedMap<String, Tensor> fields, List<String> classNames) {
        var described = new ArrayList<Field>();
        long first = -1;
        for (Map.Entry<String, Tensor> e : fields.entrySet()) {
            long[] shape = e.getValue().shape();
            if (shape.length == 0)
                throw new IllegalArgumentException(
                        "tensor " + e.getKey() + " is a scalar; a dataset needs tensors with a row for each item");
            if (first >= 0 && shape[0] != first)
                throw new IllegalArgumentException(
                        "tensor " + e.getKey() + " has " + shape[0] + " rows, but " + described.getFirst().name() + " has " + first);
            first = shape[0];
            described.add(Field.of(e.getKey(), e.getValue().dtype(), Arrays.copyOfRange(shape, 1, shape.length)));
        }
        schema = new Schema(described, classNames, null);
        size = Math.toIntExact(first);
        try (var scope = Scope.open()) {
            rows = new Releasable<>(fields.values().stream().map(t -> t.detach().cpu().contiguous().data()).toList());
        }
    }

    /**
     * Makes a dataset of named tensors.
     *
     * @param fields tensors with equally many rows; the first is the network's input, and names defined in {@link Field} have the meaning
     * they have there
     * @param classNames names of the classes 0, 1, …; empty if there are none
     */
    public static TensorDataset of(SequencedMap<String, Tensor> fields, List<String> classNames) {
        return new TensorDataset(fields, classNames);
    }

    /**
     * Makes a dataset of inputs and labels.
     *
     * @param inputs {@code [N, …]}
     * @param labels int64 {@code [N]} for classes
     * @param classNames names of the classes 0, 1, …; empty if there are none
     */
    public static TensorDataset of(Tensor inputs, Tensor labels, List<String> classNames) {
        var fields = new LinkedHashMap<String, Tensor>();
        fields.put("inputs", inputs);
        fields.put(Field.LABELS, labels);
        return of(fields, classNames);
    }

    @Override public int size() { return size; }

    @Override public Schema schema() { return schema; }

    @Override public void read(int index, Item item) {
        Objects.checkIndex(index, size);
        List<MemorySegment> rows = this.rows.get();
        for (int f = 0; f < rows.size(); f++) {
            MemorySegment to = item.field(f);
            MemorySegment.copy(rows.get(f), ValueLayout.JAVA_BYTE, index * to.byteSize(), to, ValueLayout.JAVA_BYTE, 0, to.byteSize());
        }
    }

    @Override public String name(int index) { return "row " + index; }

    @Override public void close() { rows.close(); }
}
