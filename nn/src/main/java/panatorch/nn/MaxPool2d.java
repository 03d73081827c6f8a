package panatorch.nn;

import panatorch.Tensor;

/** The largest element of each window: [N, C, H, W] → [N, C, H′, W′]. */
public final class MaxPool2d extends Module {
    private static final long[] ONE = {1, 1};
    private final long[] kernel, stride, padding;
    private final boolean ceilMode;

    /** Windows side by side. */
    public MaxPool2d(long kernel) { this(kernel, kernel, 0, false); }

    /** @param padding of minus infinity, on every side; @param ceilMode whether windows may stand out over the far edges */
    public MaxPool2d(long kernel, long stride, long padding, boolean ceilMode) {
        this.kernel = Conv2d.pair(kernel);
        this.stride = Conv2d.pair(stride);
        this.padding = Conv2d.pair(padding);
        this.ceilMode = ceilMode;
    }

    @Override public Tensor forward(Tensor input) { return input.maxPool2d(kernel, stride, padding, ONE, ceilMode); }

    @Override protected String describe() { return "kernel_size=" + kernel[0] + ", stride=" + stride[0] + ", padding=" + padding[0] + ", ceil_mode=" + (ceilMode ? "True" : "False"); }
}
