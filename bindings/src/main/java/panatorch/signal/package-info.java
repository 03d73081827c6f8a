/** Signal processing: {@code torch.signal}. */
@NullMarked
package panatorch.signal;

import org.jspecify.annotations.NullMarked;
