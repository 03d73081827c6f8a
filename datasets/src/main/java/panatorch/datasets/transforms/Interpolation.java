package panatorch.datasets.transforms;

/** The way to compute a value between pixels: the nearest pixel, or a weighted mean of the four around it. */
public enum Interpolation {
    NEAREST(1), BILINEAR(0);

    /** The mode's number in {@code aten::grid_sampler}. */
    final int code;

    Interpolation(int code) { this.code = code; }
}
