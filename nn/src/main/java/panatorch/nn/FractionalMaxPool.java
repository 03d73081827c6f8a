package panatorch.nn;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Results;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Max pooling over windows at random places, so that the output is a fraction of the input (Graham 2014, arXiv:1412.6071). Draws from the
 * global generator of the input's device, unless {@link #setSamples} sets the numbers.
 */
public abstract sealed class FractionalMaxPool extends Module permits FractionalMaxPool2d, FractionalMaxPool3d {
    final long[] kernel;
    final long @Nullable [] size;
    final double @Nullable [] ratio;
    private final int dims;

    FractionalMaxPool(int dims, long[] kernel, long @Nullable [] size, double @Nullable [] ratio) {
        if (ratio != null)
            for (double r : ratio)
                if (!(r > 0 && r < 1))
                    throw new IllegalArgumentException("output ratios have to be between 0 and 1, not " + r);
        this.dims = dims;
        this.kernel = Sizes.of(dims, kernel);
        this.size = size == null ? null : Sizes.of(dims, size);
        this.ratio = ratio;
        buffer("_random_samples", null);
    }

    @Override public final Tensor forward(Tensor input) { return withIndices(input).output(); }

    /**
     * Sets random numbers in [0, 1), [N, C, dims], to use at every call instead of new ones. They are then owned by this module and saved
     * as {@code _random_samples}. Null draws again.
     */
    public final void setSamples(@Nullable Tensor samples) { setBuffer("_random_samples", samples); }

    /** Pools and also returns the indices of the maxima in the flattened dimensions, as Python's {@code return_indices}. */
    public final MaxPool.Pooled withIndices(Tensor input) {
        long[] s = size == null ? scaled(input, Objects.requireNonNull(ratio)) : size;
        Tensor samples = bufferOrNull("_random_samples"), u = samples != null ? samples
                : Torch.rand(input.dtype(), input.device(), input.dim() == dims + 1 ? 1 : input.size(0), input.size(-dims - 1), dims);
        Results.Tensors2 both = dims == 2 ? Nn.fractionalMaxPool2d(input, kernel, s, u) : Nn.fractionalMaxPool3d(input, kernel, s, u);
        return new MaxPool.Pooled(both.result0(), both.result1());
    }

    private long[] scaled(Tensor input, double[] ratio) {
        long[] s = new long[dims];
        for (int d = 0; d < dims; d++) s[d] = (long) (input.size(d - dims) * ratio[ratio.length == 1 ? 0 : d]);
        return s;
    }
}
