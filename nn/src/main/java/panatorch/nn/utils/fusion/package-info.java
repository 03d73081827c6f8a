/** Layers that compute what a layer and its batch normalisation compute, after {@code torch.nn.utils.fusion}. */
@NullMarked
package panatorch.nn.utils.fusion;

import org.jspecify.annotations.NullMarked;
