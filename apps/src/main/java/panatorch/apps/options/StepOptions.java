package panatorch.apps.options;

import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** By what rule a step is made, whatever its rate. */
public final class StepOptions {
    @Option(names = "--batch-size", paramLabel = "N", description = "default: 32 for synthetic, 64 for others")
    public @Nullable Integer batchSize;

    @Option(names = "--precision", paramLabel = "PRECISION", defaultValue = "auto", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, bf16 where it is fast")
    PrecisionName precision = PrecisionName.AUTO;

    @Option(names = "--optimizer", paramLabel = "OPTIMIZER", defaultValue = "sgd", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    public OptimizerName optimizer = OptimizerName.SGD;

    @Option(names = "--momentum", paramLabel = "MU", description = "of sgd, Nesterov's, and of rmsprop; default: 0.9 for sgd")
    @Nullable Double momentum;

    @Option(names = "--weight-decay", paramLabel = "LAMBDA", description = "default: 5e-4 for sgd, 0.01 for adamw, else 0")
    @Nullable Double weightDecay;

    @Option(names = "--label-smoothing", paramLabel = "EPS", defaultValue = "0", description = "how much of a label is spread over all classes; default: ${DEFAULT-VALUE}")
    public double labelSmoothing;

    /** @throws InputException if a number makes no sense */
    public void check() {
        if (batchSize != null && batchSize < 2) throw new InputException("--batch-size must be at least 2, because batch normalisation needs more than one image, and is " + batchSize);
        if (momentum != null) Check.part("--momentum", momentum);
        if (weightDecay != null) Check.notBelow("--weight-decay", weightDecay, 0);
        Check.part("--label-smoothing", labelSmoothing);
    }

    /** Puts what takes effect in the place of what was not said. @throws InputException if the precision is not to be had */
    public Precision resolve(DatasetName dataset, Device place) {
        if (batchSize == null) batchSize = dataset.batchSize;
        if (momentum == null) momentum = optimizer == OptimizerName.SGD ? 0.9 : 0;
        if (weightDecay == null) weightDecay = optimizer.weightDecay;
        Precision p = precision.resolve(place);
        for (PrecisionName name : PrecisionName.values()) if (name.toString().equals(p.toString())) precision = name;
        return p;
    }
}
