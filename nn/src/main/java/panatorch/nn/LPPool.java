package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.functional.Pooling;

/**
 * Power-average pooling over windows of one to three dimensions: the p-th root of the sum of p-th powers. For infinite p it is the largest
 * magnitude.
 */
public abstract sealed class LPPool extends Module permits LPPool1d, LPPool2d, LPPool3d {
    final double p;
    final long[] kernel;
    final long @Nullable [] stride;
    final boolean ceilMode;
    private final int dims;

    LPPool(int dims, double p, long[] kernel, long @Nullable [] stride, boolean ceilMode) {
        this.dims = dims;
        this.p = p;
        this.kernel = kernel.clone();
        this.stride = stride == null ? null : stride.clone();
        this.ceilMode = ceilMode;
    }

    @Override public final Tensor forward(Tensor input) {
        long[] k = Sizes.of(dims, kernel);
        return Pooling.lpPool(input, p, k, stride == null ? k : Sizes.of(dims, stride), ceilMode);
    }

    @Override protected String describe() {
        return "norm_type=" + Repr.of(p) + ", kernel_size=" + Repr.size(kernel) + ", stride=" + Repr.of((Object) stride) + ", ceil_mode="
                + Repr.of(ceilMode);
    }
}
