/** For tests of code that uses tensors. */
@NullMarked
package panatorch.junit;

import org.jspecify.annotations.NullMarked;
