/** Models whose parameters are divided among processes: {@code torch.distributed.fsdp}. */
@NullMarked
package panatorch.distributed.fsdp;

import org.jspecify.annotations.NullMarked;
