/** A JUnit extension that fails tests which leave tensors behind. */
@NullMarked
package panatorch.junit;

import org.jspecify.annotations.NullMarked;
