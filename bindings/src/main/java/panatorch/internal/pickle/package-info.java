/** Python's pickles, read without running anything in them. For {@code panatorch.nn} and {@code panatorch.datasets}. */
@NullMarked
package panatorch.internal.pickle;

import org.jspecify.annotations.NullMarked;
