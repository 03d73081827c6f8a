/**
 * How good predictions are, and how good their uncertainty: calibration and temperature scaling, telling errors apart by an uncertainty score,
 * confusion matrices and accuracy. Tensors may be on any device; results are plain numbers that own nothing.
 */
@NullMarked
package panatorch.metrics;

import org.jspecify.annotations.NullMarked;
