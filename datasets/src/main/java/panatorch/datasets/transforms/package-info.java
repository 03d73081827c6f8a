/** Transforms of image batches, made of tensor operators over the whole batch. */
@NullMarked
package panatorch.datasets.transforms;

import org.jspecify.annotations.NullMarked;
