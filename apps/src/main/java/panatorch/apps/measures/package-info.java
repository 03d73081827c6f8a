/**
 * The measures of a network: the loop over a test set, predictions and their quality, the metrics of a run, and the identity of the data
 * they are of.
 */
@NullMarked
package panatorch.apps.measures;

import org.jspecify.annotations.NullMarked;
