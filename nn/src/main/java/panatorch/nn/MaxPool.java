package panatorch.nn;

import panatorch.Aten;
import panatorch.Nn;
import panatorch.Results;
import panatorch.Tensor;

/**
 * Max pooling over windows of one to three dimensions.
 *
 * <pre>{@code
 * var pool = new MaxPool2d(MaxPool2d.options(3).stride(2).padding(1));
 * Tensor y = pool.forward(Torch.randn(8, 64, 112, 112));          // [8, 64, 56, 56]
 * }</pre>
 */
public abstract sealed class MaxPool extends Module permits MaxPool1d, MaxPool2d, MaxPool3d {
    /**
     * Options of the pooling. Sizes are one number for all dimensions, or one for each. Each method returns changed options.
     *
     * @param kernel size of a window
     * @param stride distance between windows
     * @param padding elements of minus infinity on every side
     * @param dilation distance between a window's elements
     * @param ceilMode whether windows may extend beyond the far edges
     */
    public record Options(long[] kernel, long[] stride, long[] padding, long[] dilation, boolean ceilMode) {
        public Options stride(long... sizes) { return new Options(kernel, sizes, padding, dilation, ceilMode); }

        public Options padding(long... sizes) { return new Options(kernel, stride, sizes, dilation, ceilMode); }

        public Options dilation(long... sizes) { return new Options(kernel, stride, padding, sizes, ceilMode); }

        public Options ceilMode(boolean on) { return new Options(kernel, stride, padding, dilation, on); }
    }

    /**
     * The maxima and their places.
     *
     * @param output the maxima
     * @param indices indices of the maxima in the flattened dimensions, int64, as {@link MaxUnpool} takes them
     */
    public record Pooled(Tensor output, Tensor indices) {}

    final Options options;
    private final int dims;
    private final long[] kernel, stride, padding, dilation;

    /** Returns options of windows side by side, without padding. */
    public static Options options(long... kernel) {
        return new Options(kernel, kernel, new long[] {0}, new long[] {1}, false);
    }

    MaxPool(Options o, int dims) {
        options = o;
        this.dims = dims;
        kernel = Sizes.of(dims, o.kernel);
        stride = Sizes.of(dims, o.stride);
        padding = Sizes.of(dims, o.padding);
        dilation = Sizes.of(dims, o.dilation);
    }

    @Override public final Tensor forward(Tensor input) {
        return switch (dims) {
            case 1 -> Aten.maxPool1d(input, kernel, stride, padding, dilation, options.ceilMode);
            case 2 -> Aten.maxPool2d(input, kernel, stride, padding, dilation, options.ceilMode);
            default -> Aten.maxPool3d(input, kernel, stride, padding, dilation, options.ceilMode);
        };
    }

    /** Pools and also returns the indices of the maxima, as Python's {@code return_indices}. */
    public final Pooled withIndices(Tensor input) {
        Results.Tensors2 both = switch (dims) {
            case 1 -> Aten.maxPool1dWithIndices(input, kernel, stride, padding, dilation, options.ceilMode);
            case 2 -> Nn.maxPool2dWithIndices(input, kernel, stride, padding, dilation, options.ceilMode);
            default -> Nn.maxPool3dWithIndices(input, kernel, stride, padding, dilation, options.ceilMode);
        };
        return new Pooled(both.result0(), both.result1());
    }

    @Override protected String describe() {
        return "kernel_size=" + Repr.size(options.kernel) + ", stride=" + Repr.size(options.stride) + ", padding="
                + Repr.size(options.padding) + ", dilation=" + Repr.size(options.dilation)
                + ", ceil_mode=" + Repr.of(options.ceilMode);
    }
}
