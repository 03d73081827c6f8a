/** Not exported. */
@NullMarked
package panatorch.internal.libtorch;

import org.jspecify.annotations.NullMarked;
