package panatorch.apps.options;

import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Options of an optimisation step: batch size, precision, optimiser. */
public final class StepOptions {
    @Option(names = "--batch-size", paramLabel = "N", description = "images of a batch; default: 32 for synthetic, 64 for others")
    private @Nullable Integer batchSize;

    @Option(names = "--precision", paramLabel = "PRECISION", defaultValue = "auto",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, bf16 where it is fast")
    private PrecisionName precision = PrecisionName.AUTO;

    @Option(names = "--optimizer", paramLabel = "OPTIMIZER", defaultValue = "sgd",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    OptimizerName optimizer = OptimizerName.SGD;

    @Option(names = "--momentum", paramLabel = "MU",
            description = "momentum of sgd (Nesterov) or rmsprop; default: 0.9 for sgd, 0 for rmsprop")
    private @Nullable Double momentum;

    @Option(names = "--weight-decay", paramLabel = "LAMBDA",
            description = "weight decay; default: 5e-4 for sgd, 0.01 for adamw and lamb, else 0")
    private @Nullable Double weightDecay;

    @Option(names = "--label-smoothing", paramLabel = "EPS", defaultValue = "0",
            description = "part of a label that is spread over all classes; default: ${DEFAULT-VALUE}")
    private double labelSmoothing;

    /**
     * Checks the numbers.
     *
     * @throws InputException if one is out of range
     */
    public void check() {
        if (batchSize != null && batchSize < 2)
            throw new InputException(
                    "--batch-size must be at least 2, because batch normalisation needs more than one image, and is " + batchSize);
        if (momentum != null) OptionCheck.part("--momentum", momentum);
        if (weightDecay != null) OptionCheck.notBelow("--weight-decay", weightDecay, 0);
        OptionCheck.part("--label-smoothing", labelSmoothing);
    }

    /**
     * Replaces defaults and {@code auto} by the values that take effect.
     *
     * @throws InputException if the precision is not available on the device
     */
    public StepPlan resolve(DatasetName dataset, Device device) {
        double mu = momentum != null ? momentum : optimizer == OptimizerName.SGD ? 0.9 : 0;
        return new StepPlan(batchSize == null ? dataset.batchSize : batchSize, precision.resolve(device), optimizer, mu,
                weightDecay == null ? optimizer.weightDecay : weightDecay, labelSmoothing);
    }
}
