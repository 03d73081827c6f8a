package panatorch.distributions;

import panatorch.Tensor;

/** A set of valid values: a region of numbers, vectors or matrices. {@link Constraints} has those of {@code torch.distributions}. */
public interface Constraint {
    /**
     * Returns which values are in the set.
     *
     * @param value values; the last {@link #eventDim} dimensions are those of one value
     * @return a boolean tensor of the other dimensions, in the current scope
     */
    Tensor check(Tensor value);

    /** Returns whether the set is discrete. */
    default boolean isDiscrete() { return false; }

    /** Returns the number of dimensions of one value: 0 for numbers, 1 for vectors, 2 for matrices. */
    default int eventDim() { return 0; }
}
