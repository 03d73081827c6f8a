package panatorch.apps.options;

import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import picocli.CommandLine.Option;

/** Options for the network and its dropout. */
public final class ModelOptions {
    @Option(names = "--model", paramLabel = "MODEL", defaultValue = "resnet20",
            description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    ModelName name = ModelName.RESNET20;

    @Option(names = "--dropout", paramLabel = "METHOD", defaultValue = "multi-sample",
            description = "${COMPLETION-CANDIDATES} (multi-sample: Inoue 2019; gyro: Lee et al. 2022, for allconv, nin, bert-tiny, and "
                    + "those named -dropout); default: ${DEFAULT-VALUE}")
    DropoutName dropout = DropoutName.MULTI_SAMPLE;

    @Option(names = "--dropout-p", paramLabel = "P", description = "drop probability; default: 0.3, for gyro that of each layer")
    @Nullable
    Double dropoutP;

    @Option(names = {"--dropout-samples", "--dropout-num"}, paramLabel = "M", description = "dropout samples of multi-sample; default: 8")
    @Nullable
    Integer dropoutSamples;

    @Option(names = "--sigma", paramLabel = "N", defaultValue = "256", description = "subnetworks of gyro; default: ${DEFAULT-VALUE}")
    int sigma;

    @Option(names = "--tau", paramLabel = "N", defaultValue = "16",
            description = "subnetworks of gyro that are trained at a time; default: ${DEFAULT-VALUE}")
    int tau;

    /**
     * Checks the numbers, and that the network has what the dropout method needs.
     *
     * @throws InputException if a number is out of range, or the network has no dropout layers for gyro dropout
     */
    public void check() {
        OptionCheck.atLeast("--sigma", sigma, 1);
        OptionCheck.atLeast("--tau", tau, 1);
        if (dropout == DropoutName.GYRO && tau > sigma)
            throw new InputException(
                    "--tau must be at most --sigma, as no more than all " + sigma + " subnetworks can be trained at a time, and is " + tau);
        if (dropout == DropoutName.GYRO && !name.drops())
            throw new InputException("--dropout gyro is for networks with dropout layers, and " + name + " has none; these have: " + Arrays
                    .stream(ModelName.values()).filter(ModelName::drops).map(ModelName::toString).collect(Collectors.joining(", ")));
        if (dropoutP != null) OptionCheck.part("--dropout-p", dropoutP);
        OptionCheck.atLeast("--dropout-samples", dropoutSamples, 1);
    }

    /** Replaces defaults by the values that take effect. */
    public ModelPlan resolve() {
        Double p = dropout == DropoutName.GYRO ? dropoutP : Double.valueOf(dropout.p(dropoutP == null ? 0.3 : dropoutP));
        return new ModelPlan(name, dropout, p, dropout.samples(dropoutSamples == null ? 8 : dropoutSamples), sigma, tau);
    }
}
