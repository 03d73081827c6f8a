/** Process groups and collectives over many processes and machines: {@code torch.distributed}. */
@NullMarked
package panatorch.distributed;

import org.jspecify.annotations.NullMarked;
