/** Labelled image sets, and the loader that turns them into batches of tensors. */
@NullMarked
package panatorch.datasets;

import org.jspecify.annotations.NullMarked;
