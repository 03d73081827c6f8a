package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Makes {@code operations} random changes to every image, one after the other, each one of 14. {@code [N, C, H, W]} with 3 channels or 1,
 * uint8 or floating-point numbers in [0, 1]; the result has the same shape and dtype. The changes, their sizes and their arithmetic are
 * torchvision's (Cubuk et al. 2020, arXiv:1909.13719).
 *
 * @param operations number of changes
 * @param magnitude size of all changes, from 0 to 30
 * @param interpolation interpolation of rotations, shears and translations
 * @param fill value of pixels from outside the image, in the unit of the images
 */
public record RandAugment(int operations, int magnitude, Interpolation interpolation, double fill) implements Transform {
    /** The number of changes to choose from: all but INVERT, the last one, which belongs to AutoAugment only. */
    static final int CHOICES = Operation.INVERT.ordinal();
    static final int STRONGEST = 30;

    public RandAugment {
        if (operations < 0) throw new IllegalArgumentException("operations must be at least 0, but is " + operations);
        if (magnitude < 0 || magnitude > STRONGEST)
            throw new IllegalArgumentException(
                    "magnitude must lie between 0 and " + STRONGEST + ", but is " + magnitude);
    }

    /** Makes the transform with nearest pixels and black outside the image. */
    public RandAugment(int operations, int magnitude) {
        this(operations, magnitude, Interpolation.NEAREST, 0);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        return Images.scoped(() -> {
            Tensor x = batch, strength = Aten.full(new long[] {n}, (double) magnitude / STRONGEST, DType.FLOAT64);
            for (int k = 0; k < operations; k++) {
                Tensor choice = Aten.randint(CHOICES, new long[] {n}, generator);
                x = Operation.perImage(x, choice, strength, Range.uniform(generator, n), Operation.Limits.NARROW, interpolation, fill);
            }
            return x;
        });
    }
}
