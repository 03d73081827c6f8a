/** Published experiments that {@code panatorch reproduce} repeats at a scale that the user chooses. */
@NullMarked
package panatorch.apps.reproduce;

import org.jspecify.annotations.NullMarked;
