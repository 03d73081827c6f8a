package panatorch.apps.measures;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * The measures of one epoch, as {@code metrics.json} holds them. Accuracies lie between 0 and 1.
 *
 * @param epoch number of the epoch, from 1
 * @param trainLoss mean over the epoch's batches as they were trained, dropout included
 * @param trainAccuracy accuracy over the same batches
 * @param testLoss mean over the test set
 * @param testAccuracy accuracy on the test set
 * @param learningRate learning rate of the next step
 * @param seconds duration of training and testing
 * @param imagesPerSecond speed of training alone
 * @param memory resident memory of the process at the end of the epoch, in bytes; 0 where the system does not tell
 * @param excess loss − MI of a student, see {@link RunningScore}; null for other runs
 */
public record EpochMetrics(int epoch, double trainLoss, double trainAccuracy, double testLoss, double testAccuracy, double learningRate,
        double seconds,
        double imagesPerSecond, long memory, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double excess) {}
