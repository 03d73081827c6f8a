package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Nn;
import panatorch.Tensor;

/** The mean of each window, of one to three dimensions. */
public abstract sealed class AvgPool extends Module permits AvgPool1d, AvgPool2d, AvgPool3d {
    /**
     * Sizes are one number for all dimensions, or one for each; each method returns changed options.
     *
     * @param padding zeros on every side
     * @param ceilMode whether windows may stand out over the far edges
     * @param countIncludePad whether the padding's zeros count in the mean
     * @param divisor what sums are divided by instead of the window's size; null for none, and for one dimension
     */
    public record Options(long[] kernel, long[] stride, long[] padding, boolean ceilMode, boolean countIncludePad, @Nullable Long divisor) {
        public Options stride(long... sizes) { return new Options(kernel, sizes, padding, ceilMode, countIncludePad, divisor); }

        public Options padding(long... sizes) { return new Options(kernel, stride, sizes, ceilMode, countIncludePad, divisor); }

        public Options ceilMode(boolean on) { return new Options(kernel, stride, padding, on, countIncludePad, divisor); }

        public Options countIncludePad(boolean on) { return new Options(kernel, stride, padding, ceilMode, on, divisor); }

        public Options divisor(long d) { return divisor((Long) d); }

        public Options divisor(@Nullable Long d) { return new Options(kernel, stride, padding, ceilMode, countIncludePad, d); }
    }

    final Options options;
    private final int dims;
    private final long[] kernel, stride, padding;

    /** Windows side by side. */
    public static Options options(long... kernel) { return new Options(kernel, kernel, new long[] {0}, false, true, null); }

    AvgPool(Options o, int dims) {
        if (dims == 1 && o.divisor != null) throw new IllegalArgumentException("AvgPool1d has no divisor");
        options = o;
        this.dims = dims;
        kernel = Sizes.of(dims, o.kernel);
        stride = Sizes.of(dims, o.stride);
        padding = Sizes.of(dims, o.padding);
    }

    @Override public final Tensor forward(Tensor input) {
        Options o = options;
        return switch (dims) {
            case 1 -> Aten.avgPool1d(input, kernel, stride, padding, o.ceilMode, o.countIncludePad);
            case 2 -> Nn.avgPool2d(input, kernel, stride, padding, o.ceilMode, o.countIncludePad, o.divisor);
            default -> Nn.avgPool3d(input, kernel, stride, padding, o.ceilMode, o.countIncludePad, o.divisor);
        };
    }

    @Override protected String describe() {
        boolean one = dims == 1;
        return "kernel_size=" + (one ? Repr.tuple(kernel) : Repr.size(options.kernel)) + ", stride=" + (one ? Repr.tuple(stride) : Repr.size(options.stride))
                + ", padding=" + (one ? Repr.tuple(padding) : Repr.size(options.padding));
    }
}
