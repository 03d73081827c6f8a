/**
 * Finds, unpacks and loads libtorch, and sets up its BLAS and the C library's memory. Exported to {@code panatorch.apps} for its doctor.
 */
@NullMarked
package panatorch.internal.library;

import org.jspecify.annotations.NullMarked;
