package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * Rotates, moves, scales and shears every image about its middle, each by draws of its own: {@code [N, C, H, W]}, uint8 or
 * floating-point numbers, same out. {@link #rotation} turns, the other methods add to it.
 *
 * @param degrees of rotation, clockwise
 * @param x move to the right, as a share of the width, within [−1, 1]; whole pixels
 * @param y move downwards, as a share of the height
 * @param scale of the image, above 0
 * @param shearX degrees of shear along the rows, within (−90, 90)
 * @param shearY degrees of shear along the columns
 * @param fill where the result shows what is outside of the image, in the unit of the images
 */
public record RandomAffine(Range degrees, Range x, Range y, Range scale, Range shearX, Range shearY, Interpolation interpolation, double fill) implements Transform {
    private static final Range NONE = new Range(0, 0);

    public RandomAffine {
        x.within(-1, 1, "a share of the width");
        y.within(-1, 1, "a share of the height");
        scale.above(0, "a scale");
        shearX.within(-89.9, 89.9, "a shear in degrees");
        shearY.within(-89.9, 89.9, "a shear in degrees");
        if (!Double.isFinite(fill)) throw new IllegalArgumentException("no image can be filled with " + fill);
    }

    /** Turns by up to {@code degrees} to either side; bilinear, black outside. */
    public static RandomAffine rotation(double degrees) {
        return new RandomAffine(Range.symmetric(degrees), NONE, NONE, new Range(1, 1), NONE, NONE, Interpolation.BILINEAR, 0);
    }

    /** Moves by up to these shares of width and height to either side. */
    public RandomAffine translate(double width, double height) {
        return new RandomAffine(degrees, Range.symmetric(width), Range.symmetric(height), scale, shearX, shearY, interpolation, fill);
    }

    public RandomAffine scale(double from, double to) { return new RandomAffine(degrees, x, y, new Range(from, to), shearX, shearY, interpolation, fill); }

    /** Shears by up to these degrees to either side. */
    public RandomAffine shear(double alongRows, double alongColumns) {
        return new RandomAffine(degrees, x, y, scale, Range.symmetric(alongRows), Range.symmetric(alongColumns), interpolation, fill);
    }

    public RandomAffine interpolation(Interpolation interpolation) { return new RandomAffine(degrees, x, y, scale, shearX, shearY, interpolation, fill); }

    public RandomAffine fill(double fill) { return new RandomAffine(degrees, x, y, scale, shearX, shearY, interpolation, fill); }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long[] shape = Images.numbers(batch);
        return Images.scoped(() -> {
            long n = shape[0];
            Tensor angle = degrees.draw(n, generator).deg2rad_(), right = x.draw(n, generator).mul_(shape[3]).round_(), down = y.draw(n, generator).mul_(shape[2]).round_();
            Tensor inverse = Geometry.inverse(angle, right, down, scale.draw(n, generator), shearX.draw(n, generator).deg2rad_(), shearY.draw(n, generator).deg2rad_(), 0, 0);
            return Geometry.warp(batch, inverse, interpolation, fill);
        });
    }
}
