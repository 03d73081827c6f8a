/**
 * The quality of predictions and of their uncertainty: classification, thresholds, regression, segmentation, images, texts, rankings,
 * calibration, temperature scaling, and error detection by an uncertainty score. A {@link panatorch.metrics.StreamingMetric} is updated
 * batch by batch and merged over processes. Tensors may be on any device; results are plain numbers that own nothing.
 */
@NullMarked
package panatorch.metrics;

import org.jspecify.annotations.NullMarked;
