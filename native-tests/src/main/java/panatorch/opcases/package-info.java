/** Operator cases: calls of operators with PyTorch's results, read from files that Python wrote. */
@NullMarked
package panatorch.opcases;

import org.jspecify.annotations.NullMarked;
