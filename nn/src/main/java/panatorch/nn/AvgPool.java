package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Nn;
import panatorch.Tensor;

/** Average pooling over windows of one to three dimensions. */
public abstract sealed class AvgPool extends Module permits AvgPool1d, AvgPool2d, AvgPool3d {
    /**
     * Options of the pooling. Sizes are one number for all dimensions, or one for each. Each method returns changed options.
     *
     * @param kernel size of a window
     * @param stride distance between windows
     * @param padding zeros on every side
     * @param ceilMode whether windows may extend beyond the far edges
     * @param countIncludePad whether the padding's zeros count in the mean
     * @param divisor divisor of the sums in place of the window's size, or null; always null for one dimension
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

    /** Returns options of windows side by side, without padding. */
    public static Options options(long... kernel) {
        return new Options(kernel, kernel, new long[] {0}, false, true, null);
    }

    AvgPool(Options o, int dims) {
        if (dims == 1 && o.divisor != null) throw new IllegalArgumentException("AvgPool1d does not support a divisor");
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
        return "kernel_size=" + (one ? Repr.tuple(kernel) : Repr.size(options.kernel)) + ", stride="
                + (one ? Repr.tuple(stride) : Repr.size(options.stride))
                + ", padding=" + (one ? Repr.tuple(padding) : Repr.size(options.padding));
    }
}
