package panatorch.nn;

import panatorch.Tensor;

/**
 * A rule by which a module computes one of its parameters or buffers each time that it uses it, as {@code panatorch.nn.utils.parametrize}
 * and {@code panatorch.nn.utils.prune} do. See {@link Module#setRule}.
 */
@FunctionalInterface
public interface TensorRule {
    /** Computes the tensor, or returns one that is the rule's own. What is computed belongs to the current scope. */
    Tensor value();

    /**
     * Sets a rule like this one in a copy of the module, which {@link Module#copyOf} has created by {@code recreate()} and fills with
     * values afterwards.
     *
     * @throws UnsupportedOperationException by default
     */
    default void setIn(Module copy) {
        throw new UnsupportedOperationException(
                copy.name() + " cannot be copied: a rule computes one of its tensors, and the rule does not "
                        + "implement setIn");
    }
}
