/** Optimisers whose work or state is spread over processes: {@code torch.distributed.optim}. */
@NullMarked
package panatorch.distributed.optim;

import org.jspecify.annotations.NullMarked;
