package panatorch.apps.options;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.apps.console.InputException;
import panatorch.models.Classifier;
import picocli.CommandLine.Option;

/** What a file of weights may say of itself, and has to be said where it does not. */
public final class CheckpointOptions {
    @Option(names = "--model", paramLabel = "MODEL", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable ModelName model;

    @Option(names = "--normalize", paramLabel = "STATS", description = "${COMPLETION-CANDIDATES}: whose mean and standard deviation the weights were trained with; default: what the checkpoint says, else the dataset's")
    public @Nullable NormalizationName normalize;

    @Option(names = "--dropout-p", paramLabel = "P", description = "drop probability in front of the head, where the network is random; default: what the checkpoint says, else the network's own dropout layers")
    private @Nullable Double dropoutP;

    @Option(names = "--precision", paramLabel = "PRECISION", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint was trained in if it says so, else fp32")
    private @Nullable PrecisionName precision;

    public void check() { if (dropoutP != null) Check.part("--dropout-p", dropoutP); }

    /** Puts what the file says in the place of what was not said. @throws InputException if neither names the model */
    public void resolve(Checkpoint weights) {
        model = weights.or(model, "model", ModelName.values(), "--model");
        precision = weights.precision(precision);
        if (dropoutP == null) dropoutP = weights.dropoutP();
    }

    public ModelName model() { return resolved(model); }

    public PrecisionName precision() { return resolved(precision); }

    /** 0 where nothing is dropped there. */
    public double dropoutP() { return resolved(dropoutP); }

    private static <T> T resolved(@Nullable T value) { return Objects.requireNonNull(value, "options are resolved before they are used"); }

    /** The network with its weights, which the caller closes. @throws InputException if they do not fit */
    public Classifier network(Checkpoint weights, int classes, Device place) {
        Classifier network = model().create(classes);
        try {
            weights.loadInto(network, model());
            network.to(place, null, ModelName.FORMAT);
            return network;
        } catch (RuntimeException | Error e) {
            network.close();
            throw e;
        }
    }
}
