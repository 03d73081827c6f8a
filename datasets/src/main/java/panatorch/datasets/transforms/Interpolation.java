package panatorch.datasets.transforms;

/** The value at a place between pixels: that of the nearest, or a mean of the four around it. */
public enum Interpolation {
    NEAREST(1), BILINEAR(0);

    /** The mode's number in {@code aten::grid_sampler}. */
    final int code;

    Interpolation(int code) { this.code = code; }
}
