/** Streams, events, graphs, memory statistics and properties of CUDA devices: {@code torch.cuda}. */
@NullMarked
package panatorch.cuda;

import org.jspecify.annotations.NullMarked;
