package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Keeps the {@code bits} highest bits of every value, or 2^{@code bits} levels of floating-point numbers. {@code [N, C, H, W]}, uint8 or
 * floating-point numbers in [0, 1]; the result has the same shape and dtype. Draws no random numbers.
 *
 * @param bits number of bits to keep, from 0 to 8
 */
public record Posterize(int bits) implements PixelTransform {
    public Posterize {
        if (bits < 0 || bits > 8) throw new IllegalArgumentException("bits must lie between 0 and 8, but is " + bits);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        return Images.scoped(() -> Colors.posterize(batch, Aten.full(new long[] {n}, bits, DType.FLOAT64)));
    }
}
