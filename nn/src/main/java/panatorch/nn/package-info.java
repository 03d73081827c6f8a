/** The modules of {@code torch.nn} under their own names, and the {@link panatorch.nn.Module} they are. */
@NullMarked
package panatorch.nn;

import org.jspecify.annotations.NullMarked;
