/** Decompositions that need more than one operator: {@code torch.svd_lowrank} and its like. */
@NullMarked
package panatorch.linalg;

import org.jspecify.annotations.NullMarked;
