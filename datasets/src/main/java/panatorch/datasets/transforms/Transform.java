package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * A change to a whole batch of images {@code [N, C, H, W]}, made with tensor operators. A transform holds no native memory and any number
 * of threads may apply it at once, each with its own generator.
 */
@FunctionalInterface
public interface Transform {
    /**
     * Returns the transformed batch: a new tensor of this thread's innermost scope, or {@code batch} itself, which is never changed.
     *
     * @param generator source of all random numbers; the same state gives the same result
     */
    Tensor apply(Tensor batch, Generator generator);

    /**
     * Returns an image with what is marked in it, changed together.
     *
     * @param generator as above
     * @return tensors of this thread's innermost scope, or those of {@code sample}, which are never changed
     * @throws UnsupportedOperationException if something is marked and this is neither a {@link PixelTransform} nor a
     * {@link GeometricTransform}, and so does not say what becomes of it
     */
    default Annotated apply(Annotated sample, Generator generator) {
        if (!sample.isBare())
            throw new UnsupportedOperationException(this + " does not say what becomes of boxes, masks and keypoints; a PixelTransform "
                    + "leaves them as they are, and a GeometricTransform moves them");
        return sample.withImageOf(this, generator);
    }
}
