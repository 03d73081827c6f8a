/** The training loop, and what is done beside it. */
@NullMarked
package panatorch.train;

import org.jspecify.annotations.NullMarked;
