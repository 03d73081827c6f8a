/** Warnings and errors of the library itself. Exported to {@code panatorch.nn} and {@code panatorch.datasets}. */
@NullMarked
package panatorch.internal.log;

import org.jspecify.annotations.NullMarked;
