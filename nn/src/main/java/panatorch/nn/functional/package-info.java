/** Functions that need more than one operator, by theme. All other functions are operators of {@code Aten} and {@code Nn}. */
@NullMarked
package panatorch.nn.functional;

import org.jspecify.annotations.NullMarked;
