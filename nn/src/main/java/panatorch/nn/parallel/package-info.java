/** Training of one model by many processes: {@code torch.nn.parallel}. */
@NullMarked
package panatorch.nn.parallel;

import org.jspecify.annotations.NullMarked;
