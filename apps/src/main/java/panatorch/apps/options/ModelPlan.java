package panatorch.apps.options;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import panatorch.models.Classifier;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroOptions;
import panatorch.nn.dropout.gyro.GyroSchedule;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.dropout.multisample.MultiSampleTraining;
import panatorch.nn.functional.CrossEntropy;
import panatorch.train.TrainingMethod;

/**
 * The network that is trained and its dropout, as resolved from {@link ModelOptions}.
 *
 * @param name the network
 * @param dropout the dropout method
 * @param dropoutP drop probability; null for gyro dropout with the probabilities of the network's own layers
 * @param dropoutSamples dropout samples of an example
 * @param sigma subnetworks of gyro dropout
 * @param tau subnetworks of gyro dropout that are trained at a time
 */
public record ModelPlan(ModelName name, DropoutName dropout, @Nullable Double dropoutP, int dropoutSamples, int sigma, int tau) {
    /** Returns the training method for this dropout. Evaluation drops nothing. */
    public TrainingMethod method(CrossEntropy criterion) {
        var options = MultiSampleDropout.options(dropoutSamples);
        Double p = dropout == DropoutName.GYRO || dropout == DropoutName.NONE ? null : dropoutP;
        return MultiSampleTraining.of(p == null ? options.dropout(null) : options.dropout(p)).criterion(criterion);
    }

    /**
     * Replaces the masks of the network's dropout layers by those of {@code schedule}.
     *
     * @throws InputException if the network has no dropout layers
     */
    public GyroDropout gyro(Classifier network, GyroSchedule schedule) {
        try {
            return GyroDropout.replaceIn(network, schedule, dropoutP == null ? GyroOptions.DEFAULT : GyroOptions.DEFAULT.p(dropoutP));
        } catch (IllegalArgumentException e) {
            throw new InputException("--dropout gyro does not go with " + name + ": " + e.getMessage(), e);
        }
    }

    /** Returns the probability of the dropout in front of the head, which is no part of the network's weights. */
    public double pBeforeHead() {
        return dropout == DropoutName.GYRO || dropoutP == null ? 0 : dropoutP;
    }

    /** Describes the dropout for the log. */
    public String describe() {
        return switch (dropout) {
            case NONE -> "no dropout";
            case STANDARD -> "dropout of " + dropoutP;
            case GYRO -> String.format(Locale.ROOT, "gyro dropout of %,d subnetworks, %d at a time", sigma, tau);
            case MULTI_SAMPLE -> String.format(Locale.ROOT, "%d dropout samples of %s", dropoutSamples, dropoutP);
        };
    }

    /** Returns the values that took the place of defaults, by option. */
    public Map<String, Object> derived() {
        var derived = new LinkedHashMap<String, Object>(Map.of("--dropout-samples", dropoutSamples));
        if (dropoutP != null) derived.put("--dropout-p", dropoutP);
        return derived;
    }
}
