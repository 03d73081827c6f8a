package panatorch.optim;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;

/** Copies and frees the values of an optimiser's state: tensors, lists of values, and plain values. */
final class StateValues {
    private StateValues() {}

    /** Returns a copy in the type and on the device of the parameter; step counts stay in float32. */
    static @Nullable Object copied(Tensor p, boolean fused, String key, @Nullable Object value) {
        if (value instanceof List<?> list) {
            var copy = new ArrayList<@Nullable Object>();
            for (Object v : list) copy.add(copied(p, fused, key, v));
            return copy;
        }
        if (!(value instanceof Tensor t)) return value;
        if (key.equals("step")) return fused ? t.to(p.device(), DType.FLOAT32, false, true) : t.clone();
        return t.to(p.device(), p.dtype().isFloatingPoint() || p.dtype().isComplex() ? p.dtype() : t.dtype(), false, true);
    }

    static @Nullable Object escaped(@Nullable Object state) {
        if (state instanceof Tensor t) t.escape();
        else if (state instanceof List<?> list) list.forEach(StateValues::escaped);
        return state;
    }

    static void free(@Nullable Object state) {
        if (state instanceof Tensor t) t.close();
        else if (state instanceof List<?> list) list.forEach(StateValues::free);
    }
}
