/**
 * Batches of data for a training loop. {@link panatorch.data.Batches} is the interface between the loader of one module and the trainer of
 * another, so that neither module depends on the other.
 */
@NullMarked
package panatorch.data;

import org.jspecify.annotations.NullMarked;
