/** Parameters as one vector, and calls of a module with other tensors, after {@code torch.nn.utils}. */
@NullMarked
package panatorch.nn.utils;

import org.jspecify.annotations.NullMarked;
