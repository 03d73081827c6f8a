/**
 * Batches of data as a training loop takes them. {@link panatorch.data.Batches} is where the loader of one module and the trainer of
 * another meet, so that neither needs the other.
 */
@NullMarked
package panatorch.data;

import org.jspecify.annotations.NullMarked;
