/**
 * Tensors, operators, automatic differentiation and memory: PyTorch's engine.
 *
 * <p>
 * {@link panatorch.Torch} creates tensors. Operators are methods of {@link panatorch.Tensor}; {@link panatorch.Aten} has all of them as
 * static methods. Those of {@code torch.linalg}, {@code torch.fft}, {@code torch.special} and {@code torch._C._nn} are also in
 * {@link panatorch.Linalg}, {@link panatorch.Fft}, {@link panatorch.Special} and {@link panatorch.Nn}. {@link panatorch.Scope} says who
 * frees a tensor, {@link panatorch.Index} stands for Python's square brackets, {@link panatorch.Autograd} computes gradients, and a
 * {@link panatorch.TorchException} is an error of libtorch.
 */
@NullMarked
package panatorch;

import org.jspecify.annotations.NullMarked;
