package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** Access to the inputs of {@link Module#forwardAll}, the last of which may be left out. */
final class Inputs {
    private Inputs() {}

    static @Nullable Tensor at(List<? extends @Nullable Tensor> inputs, int i) { return i < inputs.size() ? inputs.get(i) : null; }
}
