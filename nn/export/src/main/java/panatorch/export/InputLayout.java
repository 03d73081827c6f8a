package panatorch.export;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import panatorch.Device;
import panatorch.Layout;
import panatorch.Tensor;

/** The memory layout of an input of compiled code, which reads the tensor's memory by the strides of the example that it was made with. */
final class InputLayout {
    private static final long SAMPLE = 101;

    private final String name;
    /** The dimensions from the outermost to the innermost in memory, and the place of each of them in that order. */
    private final int[] order;
    private final long[] forth, back;

    /**
     * Finds out the order of the dimensions.
     *
     * @throws IllegalArgumentException if the example had gaps or repetitions in its memory
     */
    InputLayout(String name, TensorMeta meta) {
        this.name = name;
        Map<String, Long> sample = new HashMap<>();
        for (List<SymbolicExpression> all : List.of(meta.sizes(), meta.strides()))
            for (SymbolicExpression e : all) for (String symbol : e.symbols()) sample.putIfAbsent(symbol, SAMPLE + 2L * sample.size());
        long[] sizes = values(meta.sizes(), sample), strides = values(meta.strides(), sample);
        if (sizes.length != strides.length) throw gaps(meta);
        var dims = new ArrayList<Integer>();
        for (int d = 0; d < sizes.length; d++) dims.add(d);
        dims.sort((a, b) -> Long.compare(strides[b], strides[a]));
        long expected = 1;
        boolean empty = false;
        for (int d : dims.reversed()) {
            empty |= sizes[d] == 0;
            if (sizes[d] != 1 && strides[d] != expected && !empty) throw gaps(meta);
            expected *= sizes[d];
        }
        order = dims.stream().mapToInt(Integer::intValue).toArray();
        forth = new long[order.length];
        back = new long[order.length];
        for (int i = 0; i < order.length; i++) {
            forth[i] = order[i];
            back[order[i]] = i;
        }
    }

    String name() { return name; }

    private long[] values(List<SymbolicExpression> expressions, Map<String, Long> sample) {
        long[] values = new long[expressions.size()];
        for (int i = 0; i < values.length; i++) {
            Long v = expressions.get(i).value(sample);
            if (v == null)
                throw new IllegalArgumentException("the layout of the input '" + name + "' depends on "
                        + expressions.get(i).text());
            values[i] = v;
        }
        return values;
    }

    private IllegalArgumentException gaps(TensorMeta meta) {
        return new IllegalArgumentException("the input '" + name + "' was a view with the strides "
                + meta.strides().stream().map(SymbolicExpression::text).toList()
                + " when the code was compiled; export the model with a tensor that fills its memory, such as x.contiguous()");
    }

    /** Returns whether a tensor has this layout. Strides of dimensions of a single element do not count. */
    private boolean fits(Tensor t) {
        long[] shape = t.shape(), strides = t.strides();
        long expected = 1;
        for (int i = order.length - 1; i >= 0; i--) {
            int d = order[i];
            if (shape[d] != 1 && strides[d] != expected) return false;
            expected *= shape[d];
        }
        return true;
    }

    /**
     * Returns the tensor, or a copy that has this layout, in the current scope.
     *
     * @throws IllegalArgumentException if its elements are not in the processor's memory
     */
    Tensor apply(Tensor t) {
        if (t.device().type() != Device.Type.CPU || t.layout() != Layout.STRIDED)
            throw new IllegalArgumentException("input '" + name + "' is on " + t.device() + " with the layout " + t.layout()
                    + ", but the code was compiled for ordinary tensors on the CPU; give t.toDense().to(Device.CPU)");
        // A tensor may stand for the conjugate or negative of what is in its memory.
        Tensor plain = t.dtype().isComplex() ? t.resolveConj().resolveNeg() : order.length == 0 || t.numel() == 1 ? t.resolveNeg() : t;
        return fits(plain) ? plain : plain.permute(forth).contiguous().permute(back);
    }
}
