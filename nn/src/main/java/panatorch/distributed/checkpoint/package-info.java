/** Checkpoints that all processes of a group write, for any number of processes: {@code torch.distributed.checkpoint}. */
@NullMarked
package panatorch.distributed.checkpoint;

import org.jspecify.annotations.NullMarked;
