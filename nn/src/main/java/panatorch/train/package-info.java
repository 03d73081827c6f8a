/**
 * The training loop and its callbacks: schedules, checkpoints, early stopping, progress, TensorBoard, weight averaging, mixup and CutMix.
 */
@NullMarked
package panatorch.train;

import org.jspecify.annotations.NullMarked;
