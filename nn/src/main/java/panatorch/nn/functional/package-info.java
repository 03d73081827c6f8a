/** Layers without state, as functions. */
@NullMarked
package panatorch.nn.functional;

import org.jspecify.annotations.NullMarked;
