/** All architectures of Python's model libraries, exported and run. */
@NullMarked
package panatorch.zoo;

import org.jspecify.annotations.NullMarked;
