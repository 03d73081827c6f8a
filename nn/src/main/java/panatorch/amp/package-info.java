/** Automatic mixed precision: the choice of a precision, and gradient scaling for float16. */
@NullMarked
package panatorch.amp;

import org.jspecify.annotations.NullMarked;
