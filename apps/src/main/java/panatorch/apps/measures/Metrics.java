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
 * What a run measured, as {@code metrics.json} holds it.
 *
 * @param config what was run, by names
 * @param epochs one entry per epoch; none if nothing was trained
 * @param result {@code final} in JSON: after the last epoch; @param quality of an evaluation; null while training
 * @param data what was trained on and tested with; null of an evaluation
 * @param comparison of a distilled student with its teacher, by name; empty until the student is trained, null of other runs
 */
public record Metrics(Object config, List<EpochMetrics> epochs, @JsonProperty("final") Final result, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable DataIdentity data, @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Quality quality,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Map<String, Score> comparison) {
    /** That of the highest test accuracy. */
    public EpochMetrics best() { return epochs.stream().max(Comparator.comparingDouble(EpochMetrics::testAccuracy)).orElseThrow(); }

    /** @param parameters how many numbers the model learns */
    public record Final(double testLoss, double testAccuracy, long parameters) {}

    /** @param error the part of test images of which the likeliest class is wrong; @param nll negative log-likelihood in nats */
    public record Score(double error, double nll) {
        public static Score of(double accuracy, double loss) { return new Score(1 - accuracy, loss); }
    }

    public void write(Path file) throws IOException {
        AtomicFile.write(file, Json.PRETTY.writeValueAsBytes(this));
    }
}
