/** One step of training, and of evaluation. */
@NullMarked
package panatorch.train;

import org.jspecify.annotations.NullMarked;
