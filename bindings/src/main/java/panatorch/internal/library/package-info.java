/** Not exported. */
@NullMarked
package panatorch.internal.library;

import org.jspecify.annotations.NullMarked;
