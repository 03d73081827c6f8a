package panatorch.nn;

import panatorch.Aten;
import panatorch.Nn;
import panatorch.Tensor;

/** Average pooling to a given output size, for inputs of any size. An output size of 0 keeps the input's. */
public abstract sealed class AdaptiveAvgPool extends Module permits AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveAvgPool3d {
    final long[] size;
    private final int dims;

    AdaptiveAvgPool(int dims, long... size) {
        this.dims = dims;
        this.size = size.clone();
        Sizes.of(dims, size);
    }

    @Override public final Tensor forward(Tensor input) {
        long[] s = Sizes.kept(dims, size, input);
        return switch (dims) {
            case 1 -> Aten.adaptiveAvgPool1d(input, s);
            case 2 -> Nn.adaptiveAvgPool2d(input, s);
            default -> Nn.adaptiveAvgPool3d(input, s);
        };
    }

    @Override protected String describe() { return "output_size=" + Repr.kept(size); }
}
