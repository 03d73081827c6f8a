package panatorch.nn;

import panatorch.Tensor;

/** The mean of each window: [N, C, H, W] → [N, C, H′, W′]. */
public final class AvgPool2d extends Module {
    private final long[] kernel, stride, padding;
    private final boolean ceilMode, countIncludePad;

    /** Windows side by side. */
    public AvgPool2d(long kernel) { this(kernel, kernel, 0, false, true); }

    /**
     * @param padding zeros on every side
     * @param ceilMode whether windows may stand out over the far edges
     * @param countIncludePad whether the padding's zeros count in the mean
     */
    public AvgPool2d(long kernel, long stride, long padding, boolean ceilMode, boolean countIncludePad) {
        this.kernel = Conv2d.pair(kernel);
        this.stride = Conv2d.pair(stride);
        this.padding = Conv2d.pair(padding);
        this.ceilMode = ceilMode;
        this.countIncludePad = countIncludePad;
    }

    @Override public Tensor forward(Tensor input) { return input.avgPool2d(kernel, stride, padding, ceilMode, countIncludePad); }

    @Override protected String describe() { return "kernel_size=" + kernel[0] + ", stride=" + stride[0] + ", padding=" + padding[0]; }
}
