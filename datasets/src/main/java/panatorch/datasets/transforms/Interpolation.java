package panatorch.datasets.transforms;

/**
 * The way to compute a value between pixels: the nearest pixel, a weighted mean of the four around it, or a cubic curve through sixteen.
 */
public enum Interpolation {
    NEAREST(1), BILINEAR(0), BICUBIC(2);

    /** The mode's number in {@code aten::grid_sampler}. */
    final int code;

    Interpolation(int code) { this.code = code; }
}
