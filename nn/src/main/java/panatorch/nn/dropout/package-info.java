/** Dropout methods beyond the plain one, each citing its paper. */
@NullMarked
package panatorch.nn.dropout;

import org.jspecify.annotations.NullMarked;
