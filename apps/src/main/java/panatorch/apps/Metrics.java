package panatorch.apps;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.serialize.AtomicFile;

/**
 * What a run measured, as {@code metrics.json} holds it.
 *
 * @param config what was run, by names
 * @param epochs one entry per epoch; none if nothing was trained
 * @param result {@code final} in JSON: after the last epoch; @param quality of an evaluation; null while training
 * @param data what was trained on and tested with; null of an evaluation
 * @param comparison of a distilled student with its teacher, by name; empty until the student is trained, null of other runs
 */
record Metrics(Object config, List<Epoch> epochs, @JsonProperty("final") Final result, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable DataIdentity data, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Quality quality,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Map<String, Score> comparison) {
    /** That of the highest test accuracy. */
    Epoch best() { return epochs.stream().max(Comparator.comparingDouble(Epoch::testAccuracy)).orElseThrow(); }

    /**
     * @param epoch from 1
     * @param trainLoss mean over the epoch's batches as they were trained, dropout included; accuracies lie between 0 and 1
     * @param learningRate of the next step; @param seconds for training and testing; @param imagesPerSecond of training alone
     * @param excess loss − MI of a student, see {@link Tally}; null of other runs
     * @param memory bytes that the process took at the end of the epoch; 0 where the system does not tell
     */
    record Epoch(int epoch, double trainLoss, double trainAccuracy, double testLoss, double testAccuracy, double learningRate, double seconds, double imagesPerSecond, long memory,
            @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Double excess) {}

    /** @param parameters how many numbers the model learns */
    record Final(double testLoss, double testAccuracy, long parameters) {}

    /** @param error the part of test images of which the likeliest class is wrong; @param nll negative log-likelihood in nats */
    record Score(double error, double nll) {
        static Score of(double accuracy, double loss) { return new Score(1 - accuracy, loss); }
    }

    void write(Path file) throws IOException {
        AtomicFile.write(file, Json.PRETTY.writeValueAsBytes(this));
    }
}
