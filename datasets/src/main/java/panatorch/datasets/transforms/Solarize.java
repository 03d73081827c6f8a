package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Inverts all values at or above {@code threshold}, which is in the unit of the images: at most 255 for uint8, 1 for floating-point
 * numbers. {@code [N, C, H, W]}; the result has the same shape and dtype. Draws no random numbers.
 */
public record Solarize(double threshold) implements PixelTransform {
    public Solarize {
        if (!(threshold >= 0 && threshold <= 255))
            throw new IllegalArgumentException(
                    "threshold must lie between 0 (black) and 255 or 1 (white), but is " + threshold);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        if (threshold > Images.white(batch))
            throw new IllegalArgumentException(
                    "threshold " + threshold + " is above white, which is " + Images.white(batch) + " for " + batch.dtype() + " images");
        return Images.scoped(() -> Colors.solarize(batch, Aten.full(new long[] {n}, threshold, DType.FLOAT64)));
    }
}
