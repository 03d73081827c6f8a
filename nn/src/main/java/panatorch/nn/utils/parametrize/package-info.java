/** Parameters that are computed from others at each use, after {@code torch.nn.utils.parametrize}. */
@NullMarked
package panatorch.nn.utils.parametrize;

import org.jspecify.annotations.NullMarked;
