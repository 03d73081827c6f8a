/** Functions by theme where more than one operator is behind them; the others are operators, of {@code Aten} and {@code Nn}. */
@NullMarked
package panatorch.nn.functional;

import org.jspecify.annotations.NullMarked;
