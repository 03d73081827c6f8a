package panatorch.apps.options;

import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Options for what a checkpoint may say of itself, and the user has to say where it does not. */
public final class CheckpointOptions {
    @Option(names = "--model", paramLabel = "MODEL", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable ModelName model;

    @Option(names = "--normalize", paramLabel = "STATS",
            description = "mean and standard deviation with which the weights were trained: ${COMPLETION-CANDIDATES}; default: what the "
                    + "checkpoint says, else the data set's")
    private @Nullable NormalizationName normalize;

    @Option(names = "--dropout-p", paramLabel = "P",
            description = "drop probability in front of the head for --mc and distill; default: what the checkpoint says, else only the "
                    + "network's own dropout layers")
    private @Nullable Double dropoutP;

    @Option(names = "--precision", paramLabel = "PRECISION",
            description = "${COMPLETION-CANDIDATES}; default: the precision in which the checkpoint was trained, else fp32")
    private @Nullable PrecisionName precision;

    /**
     * Checks the numbers.
     *
     * @throws InputException if one is out of range
     */
    public void check() {
        if (dropoutP != null) OptionCheck.part("--dropout-p", dropoutP);
    }

    /**
     * Takes from the checkpoint what the user did not pass.
     *
     * @throws InputException if neither names the network
     */
    public CheckpointPlan resolve(Checkpoint weights) {
        ModelName network = weights.or(model, "model", ModelName.values(), "--model");
        return new CheckpointPlan(network, normalize, dropoutP == null ? weights.dropoutP() : dropoutP, weights.precision(precision));
    }
}
