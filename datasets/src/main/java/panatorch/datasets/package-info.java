/** Datasets of labelled images, texts and tensors, and the loader that makes batches of them. */
@NullMarked
package panatorch.datasets;

import org.jspecify.annotations.NullMarked;
