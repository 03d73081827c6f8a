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

    /**
     * Returns a bijective transform from all real numbers, or vectors of them, to this set: {@code biject_to} of
     * {@code torch.distributions}. With it an algorithm for unconstrained numbers, such as Hamiltonian Monte Carlo, moves in this set.
     *
     * <pre>{@code
     * Transform toScale = Constraints.POSITIVE.bijection();
     * Tensor scale = toScale.call(unconstrained);
     * }</pre>
     *
     * @return a transform that borrows this set's bounds; what it computes from them belongs to the current scope
     * @throws UnsupportedOperationException if there is none, as for discrete sets and for matrices, half of which a {@link #transform}
     * ignores
     */
    default Transform bijection() {
        throw new UnsupportedOperationException("the constraint " + this + " has no bijection from real numbers");
    }

    /**
     * Returns a transform from all real numbers, or vectors of them, onto this set, for parameters that an optimiser moves:
     * {@code transform_to} of {@code torch.distributions}. It need not be bijective: that of {@link Constraints#SIMPLEX} is a softmax,
     * which treats all coordinates alike.
     *
     * @return as {@link #bijection}, which it is for most sets
     * @throws UnsupportedOperationException if there is none, as for discrete sets
     */
    default Transform transform() { return bijection(); }
}
