/** TorchScript: models that Python has compiled with {@code torch.jit.script} or {@code torch.jit.trace}, as modules. */
@NullMarked
package panatorch.jit;

import org.jspecify.annotations.NullMarked;
