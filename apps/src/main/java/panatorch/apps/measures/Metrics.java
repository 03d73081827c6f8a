package panatorch.apps.measures;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.Json;
import panatorch.serialize.AtomicFile;

/**
 * The measures of a run or an evaluation, as {@code metrics.json} holds them.
 *
 * @param config configuration of the run or evaluation
 * @param epochs measures of each epoch; empty for an evaluation
 * @param result measures after the last epoch, {@code final} in JSON
 * @param data identity of the data; null for an evaluation
 * @param quality quality of an evaluation's predictions; null for a run
 * @param comparison scores of a distilled student and its teacher, by name; empty until the student is trained, null for other runs
 */
public record Metrics(Object config, List<EpochMetrics> epochs, @JsonProperty("final") Final result,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable DataIdentity data,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Quality quality,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Map<String, Score> comparison) {
    /** Returns the epoch with the highest test accuracy. */
    public EpochMetrics best() {
        return epochs.stream().max(Comparator.comparingDouble(EpochMetrics::testAccuracy)).orElseThrow();
    }

    /**
     * The measures after the last epoch.
     *
     * @param testLoss mean loss on the test set
     * @param testAccuracy accuracy on the test set
     * @param parameters number of learnable parameters
     */
    public record Final(double testLoss, double testAccuracy, long parameters) {}

    /**
     * The score of a predictor.
     *
     * @param error part of the test items whose likeliest class is wrong
     * @param nll negative log-likelihood in nats
     */
    public record Score(double error, double nll) {
        public static Score of(double accuracy, double loss) { return new Score(1 - accuracy, loss); }
    }

    public void write(Path file) throws IOException {
        AtomicFile.write(file, Json.PRETTY.writeValueAsBytes(this));
    }
}
