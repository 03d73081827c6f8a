package panatorch.apps.options;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.apps.console.InputException;
import panatorch.models.Classifier;

/**
 * The settings with which a checkpoint is evaluated, resolved from {@link CheckpointOptions} and the checkpoint's metadata.
 *
 * @param model the network
 * @param normalize statistics that the user asked for; null for those of the checkpoint, or else of the data set
 * @param dropoutP probability of the dropout in front of the head; 0 without it
 * @param precision precision of the forward pass
 */
public record CheckpointPlan(ModelName model, @Nullable NormalizationName normalize, double dropoutP, PrecisionName precision) {
    /**
     * Creates the network with its weights; the caller closes it.
     *
     * @throws InputException if the weights do not fit the network
     */
    public Classifier network(Checkpoint weights, int classes, Device device) {
        Classifier network = model.create(classes);
        try {
            weights.loadInto(network, model);
            network.to(device, null, ModelName.FORMAT);
            return network;
        } catch (RuntimeException | Error e) {
            network.close();
            throw e;
        }
    }

    /** Returns the values that took the place of defaults, by option. */
    public Map<String, Object> derived() {
        return Map.of("--model", model, "--dropout-p", dropoutP, "--precision", precision);
    }
}
