package panatorch.nn;

import panatorch.Tensor;

/** Means of windows that make the given size of any: [N, C, H, W] → [N, C, h, w]. */
public final class AdaptiveAvgPool2d extends Module {
    private final long[] size;

    /** @param size height and width, or one number for both */
    public AdaptiveAvgPool2d(long... size) { this.size = Conv2d.pair(size); }

    @Override public Tensor forward(Tensor input) { return input.adaptiveAvgPool2d(size); }

    @Override protected String describe() { return "output_size=(" + size[0] + ", " + size[1] + ")"; }
}
