/**
 * Transforms of functions, as {@code torch.func}: {@code vmap}, gradients, products with Jacobians, Jacobians and Hessians. They compose:
 *
 * <pre>{@code
 * import static panatorch.func.Func.*;
 *
 * Tensor w = Torch.randn(3), x = Torch.randn(64, 3), y = Torch.randn(64);
 * TriFunction<Tensor, Tensor, Tensor, Tensor> loss = (weight, in, target) -> in.dot(weight).sub(target).square();
 * Tensor each = vmap(grad(loss), o -> o.inDims(null, 0, 0)).apply(w, x, y);   // [64, 3]: a gradient for each sample
 * Tensor curvature = hessian((Tensor v) -> v.pow(3).sum()).apply(w);          // [3, 3]
 * }</pre>
 *
 * <p>
 * The transforms are libtorch's own, so they have its rules for each operator, and its errors.
 *
 * <p>
 * <b>Arguments and results</b> are tensors, lists and maps from names to tensors, in each other as deep as needed, as are the records of
 * this package; Python calls them <i>pytrees</i>. Anything else in an argument is passed on as it is. A lambda's type has to be clear:
 * {@code grad((Tensor x) -> x.sin().sum())}. Tensors that a function uses but does not get as arguments are constants to it.
 *
 * <p>
 * <b>Lifetime.</b> What a transformed function returns belongs to the caller's scope. All tensors made inside are freed at its end, except
 * for those that the function let escape. Such a tensor of an ended {@code grad} still has its values; one of an ended {@code vmap} throws.
 *
 * <p>
 * <b>Threads.</b> Any number of threads, virtual ones too, may call transformed functions at the same time; a transform is known to its own
 * thread only. Forward mode ({@code jvp}, {@code jacfwd}, {@code hessian}) is the exception: the threads wait for each other.
 *
 * <p>
 * <b>Modes.</b> {@link panatorch.NoGrad} around {@code grad} changes nothing inside, but the results are then not recorded for
 * {@code backward}; inside, it holds. {@link panatorch.Autocast} works as without transforms. In {@link panatorch.InferenceMode} there are
 * no derivatives. {@link panatorch.Function} and {@code Autograd.checkpoint} are refused inside transforms. An operator of one's own needs
 * a kernel for {@link panatorch.DispatchKey#FUNC_TORCH_BATCHED} inside {@code vmap}.
 */
@NullMarked
package panatorch.func;

import org.jspecify.annotations.NullMarked;
