package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Makes the two changes of a random policy to every image, each with its probability (Cubuk et al., 2018, arXiv:1805.09501). {@code [N, C,
 * H, W]} with 3 channels or 1, uint8 or floating-point numbers in [0, 1]; the result has the same shape and dtype. The policies, changes
 * and their arithmetic are torchvision's.
 *
 * @param policy the policies to choose from
 * @param interpolation interpolation of rotations, shears and translations
 * @param fill value of pixels from outside the image, in the unit of the images
 */
public record AutoAugment(AutoAugmentPolicy policy, Interpolation interpolation, double fill) implements Transform {
    /** Makes the transform with nearest pixels and black outside the image. */
    public AutoAugment(AutoAugmentPolicy policy) {
        this(policy, Interpolation.NEAREST, 0);
    }

    @Override public Tensor apply(Tensor batch, Generator generator) {
        long n = Images.numbers(batch)[0];
        return Images.scoped(() -> {
            Tensor chosen = Aten.randint(policy.size(), new long[] {n}, generator);
            Tensor once = change(batch, 0, chosen, Range.uniform(generator, n), Range.uniform(generator, n));
            return change(once, 1, chosen, Range.uniform(generator, n), Range.uniform(generator, n));
        });
    }

    /**
     * Makes the first (0) or the second (1) change of the chosen policies.
     *
     * @param chosen int64 {@code [N]} on the CPU
     * @param chance float64 {@code [N]} on the CPU, uniform in [0, 1); images whose number is above the probability stay as they are
     * @param coin float64 {@code [N]} on the CPU, uniform in [0, 1); decides the sign
     */
    Tensor change(Tensor batch, int which, Tensor chosen, Tensor chance, Tensor coin) {
        Tensor changes = Torch.tensor(policy.changes(which)).indexSelect(0, chosen);
        Tensor operation = Aten.where(chance.le(changes.select(1, 1)), changes.select(1, 0), Operation.IDENTITY.ordinal());
        return Operation.perImage(batch, operation.to(DType.INT64), changes.select(1, 2), coin, Operation.Limits.NARROW, interpolation,
                fill);
    }
}
