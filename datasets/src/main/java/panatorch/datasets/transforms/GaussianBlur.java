package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * Convolves every image with a Gaussian of random width: {@code [N, C, H, W]}, uint8 or floating-point numbers; the result has the same
 * shape and dtype. Images are mirrored at their border, so each side must be longer than half of {@code size}.
 *
 * @param size width of the filter in pixels, odd
 * @param sigma standard deviation in pixels, above 0
 */
public record GaussianBlur(int size, Range sigma) implements PixelTransform {
    public GaussianBlur {
        if (size < 1 || size % 2 == 0) throw new IllegalArgumentException("size must be odd and at least 1, but is " + size);
        sigma.above(0, "a standard deviation");
    }

    /** Makes a blur with standard deviations from 0.1 to 2 pixels. */
    public static GaussianBlur of(int size) {
        return new GaussianBlur(size, new Range(0.1, 2));
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        return Images.scoped(() -> Filters.gaussianBlur(batch, size, sigma.draw(n, generator)));
    }
}
