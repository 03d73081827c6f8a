/** How weights begin. */
@NullMarked
package panatorch.nn.init;

import org.jspecify.annotations.NullMarked;
