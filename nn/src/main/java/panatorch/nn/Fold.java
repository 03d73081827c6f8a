package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;

/** Sums columns at the places from which {@link Unfold} takes them: [N, C·kH·kW, windows] → [N, C, H, W], or without N. */
public final class Fold extends Module {
    private final long[] size, kernel, dilation, padding, stride;

    public Fold(long[] size, long... kernel) { this(size, kernel, new long[] {1}, new long[] {0}, new long[] {1}); }

    /**
     * Creates the layer. Each argument is one number for height and width, or two.
     *
     * @param size size of the output
     */
    public Fold(long[] size, long[] kernel, long[] dilation, long[] padding, long[] stride) {
        this.size = size;
        this.kernel = kernel;
        this.dilation = dilation;
        this.padding = padding;
        this.stride = stride;
    }

    @Override public Tensor forward(Tensor input) {
        return Nn.col2im(input, Sizes.of(2, size), Sizes.of(2, kernel), Sizes.of(2, dilation), Sizes.of(2, padding), Sizes.of(2, stride));
    }

    @Override protected Module recreate() { return new Fold(size, kernel, dilation, padding, stride); }

    @Override protected String describe() {
        return "output_size=" + Repr.size(size) + ", kernel_size=" + Repr.size(kernel) + ", dilation=" + Repr.size(dilation) + ", padding="
                + Repr.size(padding) + ", stride=" + Repr.size(stride);
    }
}
