/** Quasi-random numbers: {@code torch.quasirandom}. */
@NullMarked
package panatorch.quasirandom;

import org.jspecify.annotations.NullMarked;
