/** Times and counts of operators, and their floating-point operations: {@code torch.profiler} and {@code torch.utils.flop_counter}. */
@NullMarked
package panatorch.profiler;

import org.jspecify.annotations.NullMarked;
