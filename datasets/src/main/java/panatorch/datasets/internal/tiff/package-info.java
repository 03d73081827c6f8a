/** A decoder of TIFF (revision 6.0 with its common extensions). */
@NullMarked
package panatorch.datasets.internal.tiff;

import org.jspecify.annotations.NullMarked;
