/** Pruning: weights that are zero, and stay zero in training, after {@code torch.nn.utils.prune}. */
@NullMarked
package panatorch.nn.utils.prune;

import org.jspecify.annotations.NullMarked;
