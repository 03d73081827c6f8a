package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Sharpens images, or softens them: {@code factor·x + (1 − factor)·smoothed} for all but the outermost pixels, as in Pillow.
 * {@code [N, C, H, W]}, uint8 or floating-point numbers in [0, 1]; the result has the same shape and dtype. Draws no random numbers.
 *
 * @param factor at least 0; above 1 sharpens, below 1 softens
 */
public record Sharpness(double factor) implements PixelTransform {
    public Sharpness {
        if (!(factor >= 0)) throw new IllegalArgumentException("factor must be at least 0, but is " + factor);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        return Images.scoped(() -> Filters.sharpness(batch, Aten.full(new long[] {n}, factor, DType.FLOAT64)));
    }
}
