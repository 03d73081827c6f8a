package panatorch.func;

import panatorch.Tensor;

/**
 * The gradient of a function and the function's value, as {@code torch.func.grad_and_value} returns them. The tensors belong to the scope
 * in which they were computed.
 *
 * @param <A> the type of the argument, and so of the gradient
 * @param grad the gradient, of the structure of the argument
 * @param value the value, a scalar []
 */
public record GradAndValue<A>(A grad, Tensor value) {}
