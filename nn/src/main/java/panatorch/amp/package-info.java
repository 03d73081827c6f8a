/** Mixed precision. */
@NullMarked
package panatorch.amp;

import org.jspecify.annotations.NullMarked;
