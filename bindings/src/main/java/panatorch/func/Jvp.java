package panatorch.func;

/**
 * The output of a function and the product of its Jacobian and a vector, as {@code torch.func.jvp} returns them. The tensors belong to the
 * scope in which they were computed.
 *
 * @param <R> the output's type: a tensor, list or map of tensors
 * @param output the output
 * @param tangent the product, of the structure of the output; zeros where it does not depend on the input
 */
public record Jvp<R>(R output, R tangent) {}
