/** Weights in files. */
@NullMarked
package panatorch.serialize;

import org.jspecify.annotations.NullMarked;
