/** Sets of labelled images, texts and tensors, and the loader that turns them into batches. */
@NullMarked
package panatorch.datasets;

import org.jspecify.annotations.NullMarked;
