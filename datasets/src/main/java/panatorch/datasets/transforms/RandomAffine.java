package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * Rotates, moves, scales and shears every image about its middle by random amounts, drawn for each image. {@code [N, C, H, W]}, uint8 or
 * floating-point numbers; the result has the same shape and dtype. Begin with {@link #rotation} and add the other changes.
 *
 * @param degrees rotation in degrees, clockwise
 * @param x translation to the right as a share of the width, within [−1, 1], rounded to whole pixels
 * @param y translation downwards as a share of the height, likewise
 * @param scale factor of the image's size, above 0
 * @param shearX shear along the rows in degrees, within (−90, 90)
 * @param shearY shear along the columns in degrees, within (−90, 90)
 * @param interpolation interpolation between pixels
 * @param fill value of pixels from outside the image, in the unit of the images
 */
public record RandomAffine(Range degrees, Range x, Range y, Range scale, Range shearX, Range shearY, Interpolation interpolation,
        double fill) implements GeometricTransform {
    private static final Range NONE = new Range(0, 0);

    public RandomAffine {
        x.within(-1, 1, "a share of the width");
        y.within(-1, 1, "a share of the height");
        scale.above(0, "a scale");
        shearX.within(-89.9, 89.9, "a shear in degrees");
        shearY.within(-89.9, 89.9, "a shear in degrees");
        if (!Double.isFinite(fill)) throw new IllegalArgumentException("fill must be finite, but is " + fill);
    }

    /** Makes a rotation by up to {@code degrees} to either side; bilinear, black outside the image. */
    public static RandomAffine rotation(double degrees) {
        return new RandomAffine(Range.symmetric(degrees), NONE, NONE, new Range(1, 1), NONE, NONE, Interpolation.BILINEAR, 0);
    }

    /** Returns this transform with translations by up to these shares of width and height to either side. */
    public RandomAffine translate(double width, double height) {
        return new RandomAffine(degrees, Range.symmetric(width), Range.symmetric(height), scale, shearX, shearY, interpolation, fill);
    }

    public RandomAffine scale(double from, double to) {
        return new RandomAffine(degrees, x, y, new Range(from, to), shearX, shearY, interpolation, fill);
    }

    /** Returns this transform with shears by up to these degrees to either side. */
    public RandomAffine shear(double alongRows, double alongColumns) {
        return new RandomAffine(degrees, x, y, scale, Range.symmetric(alongRows), Range.symmetric(alongColumns), interpolation, fill);
    }

    public RandomAffine interpolation(Interpolation interpolation) {
        return new RandomAffine(degrees, x, y, scale, shearX, shearY, interpolation, fill);
    }

    public RandomAffine fill(double fill) { return new RandomAffine(degrees, x, y, scale, shearX, shearY, interpolation, fill); }

    @Override public Movement draw(long n, long height, long width, Generator generator) {
        Tensor angle = degrees.draw(n, generator).deg2rad_(), right = x.draw(n, generator).mul_(width).round_(),
                down = y.draw(n, generator).mul_(height).round_();
        Tensor inverse = Geometry.inverse(angle, right, down, scale.draw(n, generator), shearX.draw(n, generator).deg2rad_(),
                shearY.draw(n, generator).deg2rad_(), 0, 0);
        return new Movement(height, width, images -> {
            Images.numbers(images);
            return Geometry.warp(images, inverse, interpolation, fill);
        }, masks -> Geometry.warp(masks, inverse, Interpolation.NEAREST, 0), points -> Geometry.move(points, inverse, height, width));
    }
}
