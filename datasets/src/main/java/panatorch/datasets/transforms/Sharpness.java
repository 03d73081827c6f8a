package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Sharper above 1, softer below: {@code factor·x + (1 − factor)·smoothed}, the outermost pixels excepted, as in Pillow.
 * {@code [N, C, H, W]}, uint8 or floating-point numbers in [0, 1], same out. Draws no random numbers.
 *
 * @param factor from 0
 */
public record Sharpness(double factor) implements Transform {
    public Sharpness {
        if (!(factor >= 0)) throw new IllegalArgumentException("a factor is at least 0, not " + factor);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        return Images.scoped(() -> Filters.sharpness(batch, Aten.full(new long[] {n}, factor, DType.FLOAT64)));
    }
}
