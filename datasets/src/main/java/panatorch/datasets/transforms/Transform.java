package panatorch.datasets.transforms;

import panatorch.Generator;
import panatorch.Tensor;

/**
 * A change to a whole batch of images {@code [N, C, H, W]}, made with tensor operators. A transform holds no native memory and
 * any number of threads may apply it at once, each with its own generator.
 */
@FunctionalInterface
public interface Transform {
    /**
     * Leaves {@code batch} as it is. The result is a new tensor, of the innermost scope of this thread, or {@code batch} itself.
     *
     * @param generator where all random numbers come from: the same state gives the same result
     */
    Tensor apply(Tensor batch, Generator generator);
}
