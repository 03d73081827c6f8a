/** Operator cases: calls of operators with what PyTorch made of them, read from files that Python wrote. */
@NullMarked
package panatorch.opcases;

import org.jspecify.annotations.NullMarked;
