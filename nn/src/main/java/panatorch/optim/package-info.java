/** Optimisers and learning-rate schedules. */
@NullMarked
package panatorch.optim;

import org.jspecify.annotations.NullMarked;
