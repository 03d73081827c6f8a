package panatorch.datasets.transforms;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Shows every image from a random direction: its corners move inwards by random whole pixels, drawn for each image and corner.
 * {@code [N, C, H, W]}, uint8 or floating-point numbers; the result has the same shape and dtype. The map is torchvision's.
 * {@link RandomApply} makes the change to some images only.
 *
 * @param distortion largest move of a corner, as a share of half of the side, in [0, 1]
 * @param interpolation interpolation between pixels
 * @param fill value of pixels from outside the image, in the unit of the images
 */
public record RandomPerspective(double distortion, Interpolation interpolation, double fill) implements GeometricTransform {
    public RandomPerspective {
        if (!(distortion >= 0 && distortion <= 1))
            throw new IllegalArgumentException("the distortion must lie between 0 and 1, but is " + distortion);
    }

    /** Makes the transform with distortions up to a half, bilinear, black outside the image. */
    public RandomPerspective() {
        this(0.5, Interpolation.BILINEAR, 0);
    }

    @Override public Movement draw(long n, long height, long width, Generator generator) {
        long down = (long) (distortion * (height / 2)) + 1, across = (long) (distortion * (width / 2)) + 1;
        Tensor x = Aten.randint(across, new long[] {n, 4}, generator), y = Aten.randint(down, new long[] {n, 4}, generator);
        Tensor right = Aten.scalarTensor(width - 1, DType.INT64), bottom = Aten.scalarTensor(height - 1, DType.INT64);
        Tensor corners = Aten.stack(List.of(x.select(1, 0), y.select(1, 0), right.sub(x.select(1, 1)), y.select(1, 1),
                right.sub(x.select(1, 2)), bottom.sub(y.select(1, 2)), x.select(1, 3), bottom.sub(y.select(1, 3))), 1);
        Tensor map = Geometry.coefficients(corners.view(n, 4, 2), height, width);
        return new Movement(height, width, images -> {
            Images.numbers(images);
            return Geometry.perspective(images, map, interpolation, fill);
        }, masks -> Geometry.perspective(masks, map, Interpolation.NEAREST, 0), points -> Geometry.move(points, map));
    }
}
