package panatorch.nn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Nn;
import panatorch.Tensor;

/** The sum of p-th powers of each window, to the power 1/p, of one to three dimensions; p infinite means the largest size. */
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
        long[] k = Sizes.of(dims, kernel), s = stride == null ? k : Sizes.of(dims, stride), none = Sizes.of(dims, 0);
        if (Double.isInfinite(p)) {
            long[] one = Sizes.of(dims, 1);
            Tensor sizes = p > 0 ? input.abs() : input.abs().neg(), largest = switch (dims) {
                case 1 -> Aten.maxPool1d(sizes, k, s, none, one, ceilMode);
                case 2 -> Aten.maxPool2d(sizes, k, s, none, one, ceilMode);
                default -> Aten.maxPool3d(sizes, k, s, none, one, ceilMode);
            };
            return p > 0 ? largest : largest.neg();
        }
        Tensor powers = input.pow(p), mean = switch (dims) {
            case 1 -> Aten.avgPool1d(powers, k, s, none, ceilMode, true);
            case 2 -> Nn.avgPool2d(powers, k, s, none, ceilMode, true);
            default -> Nn.avgPool3d(powers, k, s, none, ceilMode, true);
        };
        return mean.sign().mul(mean.abs().relu()).mul(Arrays.stream(k).reduce(1, (a, b) -> a * b)).pow(1 / p);
    }

    @Override protected String describe() {
        return "norm_type=" + Repr.of(p) + ", kernel_size=" + Repr.size(kernel) + ", stride=" + Repr.of((Object) stride) + ", ceil_mode=" + Repr.of(ceilMode);
    }
}
