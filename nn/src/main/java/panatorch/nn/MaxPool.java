package panatorch.nn;

import panatorch.Aten;
import panatorch.Nn;
import panatorch.Results;
import panatorch.Tensor;

/**
 * The largest element of each window, of one to three dimensions.
 *
 * <pre>{@code
 * var pool = new MaxPool2d(MaxPool2d.options(3).stride(2).padding(1));
 * Tensor y = pool.forward(Torch.randn(8, 64, 112, 112));          // [8, 64, 56, 56]
 * }</pre>
 */
public abstract sealed class MaxPool extends Module permits MaxPool1d, MaxPool2d, MaxPool3d {
    /**
     * Sizes are one number for all dimensions, or one for each; each method returns changed options.
     *
     * @param stride from window to window
     * @param padding of minus infinity, on every side
     * @param ceilMode whether windows may stand out over the far edges
     */
    public record Options(long[] kernel, long[] stride, long[] padding, long[] dilation, boolean ceilMode) {
        public Options stride(long... sizes) { return new Options(kernel, sizes, padding, dilation, ceilMode); }

        public Options padding(long... sizes) { return new Options(kernel, stride, sizes, dilation, ceilMode); }

        public Options dilation(long... sizes) { return new Options(kernel, stride, padding, sizes, ceilMode); }

        public Options ceilMode(boolean on) { return new Options(kernel, stride, padding, dilation, on); }
    }

    /** @param indices of the elements in the flattened dimensions, int64, as {@link MaxUnpool} takes them */
    public record Pooled(Tensor output, Tensor indices) {}

    final Options options;
    private final int dims;
    private final long[] kernel, stride, padding, dilation;

    /** Windows side by side. */
    public static Options options(long... kernel) { return new Options(kernel, kernel, new long[] {0}, new long[] {1}, false); }

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

    /** With the places the elements were at; Python's {@code return_indices}. */
    public final Pooled withIndices(Tensor input) {
        Results.Tensors2 both = switch (dims) {
            case 1 -> Aten.maxPool1dWithIndices(input, kernel, stride, padding, dilation, options.ceilMode);
            case 2 -> Nn.maxPool2dWithIndices(input, kernel, stride, padding, dilation, options.ceilMode);
            default -> Nn.maxPool3dWithIndices(input, kernel, stride, padding, dilation, options.ceilMode);
        };
        return new Pooled(both.result0(), both.result1());
    }

    @Override protected String describe() {
        return "kernel_size=" + Repr.size(options.kernel) + ", stride=" + Repr.size(options.stride) + ", padding=" + Repr.size(options.padding) + ", dilation=" + Repr.size(options.dilation)
                + ", ceil_mode=" + Repr.of(options.ceilMode);
    }
}
