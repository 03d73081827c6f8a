/** Initialisation of weights, as {@code torch.nn.init}. */
@NullMarked
package panatorch.nn.init;

import org.jspecify.annotations.NullMarked;
