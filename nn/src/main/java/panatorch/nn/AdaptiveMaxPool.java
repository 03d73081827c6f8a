package panatorch.nn;

import panatorch.Aten;
import panatorch.Nn;
import panatorch.Results;
import panatorch.Tensor;

/** Max pooling to a given output size, for inputs of any size. An output size of 0 keeps the input's. */
public abstract sealed class AdaptiveMaxPool extends Module permits AdaptiveMaxPool1d, AdaptiveMaxPool2d, AdaptiveMaxPool3d {
    final long[] size;
    private final int dims;

    AdaptiveMaxPool(int dims, long... size) {
        this.dims = dims;
        this.size = size.clone();
        Sizes.of(dims, size);
    }

    @Override public final Tensor forward(Tensor input) { return withIndices(input).output(); }

    /** Pools and also returns the indices of the maxima in the flattened dimensions, as Python's {@code return_indices}. */
    public final MaxPool.Pooled withIndices(Tensor input) {
        long[] s = Sizes.kept(dims, size, input);
        Results.Tensors2 both = switch (dims) {
            case 1 -> Aten.adaptiveMaxPool1d(input, s);
            case 2 -> Nn.adaptiveMaxPool2d(input, s);
            default -> Nn.adaptiveMaxPool3d(input, s);
        };
        return new MaxPool.Pooled(both.result0(), both.result1());
    }

    @Override protected String describe() { return "output_size=" + Repr.kept(size); }
}
