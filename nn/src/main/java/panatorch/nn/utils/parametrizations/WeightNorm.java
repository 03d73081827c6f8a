package panatorch.nn.utils.parametrizations;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.utils.parametrize.RightInverse;

/** {@code g · v / ‖v‖} of the inputs g and v. */
final class WeightNorm extends Module implements RightInverse {
    private final long dim;

    WeightNorm(long dim) { this.dim = dim; }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(Aten._weightNorm(inputs.get(1), inputs.get(0), dim));
    }

    @Override public List<Tensor> rightInverse(Tensor weight) { return List.of(Aten.normExceptDim(weight, 2, dim), weight); }

    @Override protected Module recreate() { return new WeightNorm(dim); }
}
