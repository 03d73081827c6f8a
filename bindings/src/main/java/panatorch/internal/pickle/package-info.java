/** Reads Python's pickles without running anything in them. Exported to {@code panatorch.nn} and {@code panatorch.datasets}. */
@NullMarked
package panatorch.internal.pickle;

import org.jspecify.annotations.NullMarked;
