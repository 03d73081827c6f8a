package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** Inputs of {@link Module#forwardAll}, of which the last may be left out. */
final class Inputs {
    private Inputs() {}

    static @Nullable Tensor at(List<? extends @Nullable Tensor> inputs, int i) { return i < inputs.size() ? inputs.get(i) : null; }
}
