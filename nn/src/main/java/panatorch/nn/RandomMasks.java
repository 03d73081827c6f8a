package panatorch.nn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Tensor;

/** Draws independent masks as libtorch draws them. */
final class RandomMasks {
    private RandomMasks() {}

    static Tensor draw(Tensor like, long[] shape, double p, @Nullable Generator generator) {
        try (var noGrad = NoGrad.enter()) {
            // uses like's strides if the shape is like's, because libtorch fills in memory order
            Tensor mask = Arrays.equals(shape, like.shape()) ? like.emptyLike() : like.newEmpty(shape);
            return p == 1 ? mask.zero_() : mask.bernoulli_(1 - p, generator).div_(1 - p);
        }
    }
}
