/**
 * The quality of predictions and of their uncertainty: accuracy, confusion matrices, calibration, temperature scaling, and error detection
 * by an uncertainty score. Tensors may be on any device; results are plain numbers that own nothing.
 */
@NullMarked
package panatorch.metrics;

import org.jspecify.annotations.NullMarked;
