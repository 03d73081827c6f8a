/** Predictions from many dropout samples, and their uncertainty (Gal and Ghahramani 2016, arXiv:1506.02142). */
@NullMarked
package panatorch.nn.dropout.montecarlo;

import org.jspecify.annotations.NullMarked;
