/** The layers, activations and losses of {@code torch.nn} under their own names, and their base {@link panatorch.nn.Module}. */
@NullMarked
package panatorch.nn;

import org.jspecify.annotations.NullMarked;
