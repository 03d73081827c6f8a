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
}
