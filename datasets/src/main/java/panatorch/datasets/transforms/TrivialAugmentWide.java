package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * Makes one random change of 14 to every image, in one of 31 strengths up to strong ones (Müller &amp; Hutter 2021, arXiv:2103.10158). It
 * needs no tuning. {@code [N, C, H, W]} with 3 channels or 1, uint8 or floating-point numbers in [0, 1]; the result has the same shape and
 * dtype. The changes, their sizes and their arithmetic are torchvision's.
 *
 * @param interpolation interpolation of rotations, shears and translations
 * @param fill value of pixels from outside the image, in the unit of the images
 */
public record TrivialAugmentWide(Interpolation interpolation, double fill) implements Transform {
    /** Makes the transform with nearest pixels and black outside the image. */
    public TrivialAugmentWide() {
        this(Interpolation.NEAREST, 0);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        return Images.scoped(() -> {
            Tensor choice = Aten.randint(RandAugment.CHOICES, new long[] {n}, generator);
            Tensor strength = Aten.randint(RandAugment.STRONGEST + 1, new long[] {n}, generator, DType.FLOAT64).div_(RandAugment.STRONGEST);
            return Operation.perImage(batch, choice, strength, Range.uniform(generator, n), Operation.Limits.WIDE, interpolation, fill);
        });
    }
}
