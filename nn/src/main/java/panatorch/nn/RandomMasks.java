package panatorch.nn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Tensor;

/** Independent masks, drawn as libtorch draws them. */
final class RandomMasks {
    private RandomMasks() {}

    static Tensor draw(Tensor like, long[] shape, double p, @Nullable Generator generator) {
        try (var noGrad = NoGrad.enter()) {
            // of like's own shape in like's strides: libtorch fills in memory's order
            Tensor mask = Arrays.equals(shape, like.shape()) ? like.emptyLike() : like.newEmpty(shape);
            return p == 1 ? mask.zero_() : mask.bernoulli_(1 - p, generator).div_(1 - p);
        }
    }
}
