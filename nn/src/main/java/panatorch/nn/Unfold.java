package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;

/** Extracts windows as columns: [N, C, H, W] → [N, C·kH·kW, windows], or without N. */
public final class Unfold extends Module {
    private final long[] kernel, dilation, padding, stride;

    public Unfold(long... kernel) { this(kernel, new long[] {1}, new long[] {0}, new long[] {1}); }

    /** Creates the layer. Each argument is one number for height and width, or two. */
    public Unfold(long[] kernel, long[] dilation, long[] padding, long[] stride) {
        this.kernel = kernel;
        this.dilation = dilation;
        this.padding = padding;
        this.stride = stride;
    }

    @Override public Tensor forward(Tensor input) {
        return Nn.im2col(input, Sizes.of(2, kernel), Sizes.of(2, dilation), Sizes.of(2, padding), Sizes.of(2, stride));
    }

    @Override protected Module recreate() { return new Unfold(kernel, dilation, padding, stride); }

    @Override protected String describe() {
        return "kernel_size=" + Repr.size(kernel) + ", dilation=" + Repr.size(dilation) + ", padding=" + Repr.size(padding) + ", stride="
                + Repr.size(stride);
    }
}
