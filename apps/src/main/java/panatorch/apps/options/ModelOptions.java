package panatorch.apps.options;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
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
import picocli.CommandLine.Option;

/** What is trained. */
public final class ModelOptions {
    @Option(names = "--model", paramLabel = "MODEL", defaultValue = "resnet20", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    public ModelName model = ModelName.RESNET20;

    @Option(names = "--dropout", paramLabel = "METHOD", defaultValue = "multi-sample", description = "${COMPLETION-CANDIDATES} (multi-sample: Inoue 2019; gyro: Lee et al. 2022, for allconv, nin, bert-tiny, and those named -dropout); default: ${DEFAULT-VALUE}")
    public DropoutName dropout = DropoutName.MULTI_SAMPLE;

    @Option(names = "--dropout-p", paramLabel = "P", description = "drop probability; default: 0.3, of gyro what the layers have")
    @Nullable Double dropoutP;

    @Option(names = {"--dropout-samples", "--dropout-num"}, paramLabel = "M", description = "dropout samples of multi-sample; default: 8")
    @Nullable Integer dropoutSamples;

    @Option(names = "--sigma", paramLabel = "N", defaultValue = "256", description = "subnetworks of gyro; default: ${DEFAULT-VALUE}")
    public int sigma;

    @Option(names = "--tau", paramLabel = "N", defaultValue = "16", description = "of them those that are trained at a time; default: ${DEFAULT-VALUE}")
    public int tau;

    public void check() {
        Check.atLeast("--sigma", sigma, 1);
        Check.atLeast("--tau", tau, 1);
        if (dropout == DropoutName.GYRO && tau > sigma) throw new InputException("--tau must be at most --sigma, as no more than all " + sigma + " subnetworks can be trained at a time, and is " + tau);
        if (dropout == DropoutName.GYRO && !model.drops())
            throw new InputException("--dropout gyro is for networks with dropout layers, and " + model + " has none; these have: " + Arrays.stream(ModelName.values()).filter(ModelName::drops).map(ModelName::toString).collect(Collectors.joining(", ")));
        if (dropoutP != null) Check.part("--dropout-p", dropoutP);
        Check.atLeast("--dropout-samples", dropoutSamples, 1);
    }

    /** Puts what takes effect in the place of what was asked for. */
    public void resolve() {
        if (dropout != DropoutName.GYRO) dropoutP = dropout.p(dropoutP == null ? 0.3 : dropoutP);
        dropoutSamples = dropout.samples(dropoutSamples == null ? 8 : dropoutSamples);
    }

    /** Training by what was chosen; evaluation drops nothing. */
    public TrainingMethod method(CrossEntropy criterion) {
        var options = MultiSampleDropout.options(dropoutSamples);
        return MultiSampleTraining.of(dropout == DropoutName.NONE || dropout == DropoutName.GYRO ? options.dropout(null) : options.dropout(dropoutP)).criterion(criterion);
    }

    /** Masks for the network's dropout layers by {@code schedule}. @throws InputException if it has none */
    public GyroDropout gyro(Classifier network, GyroSchedule schedule) {
        try {
            return GyroDropout.replaceIn(network, schedule, dropoutP == null ? GyroOptions.DEFAULT : GyroOptions.DEFAULT.p(dropoutP));
        } catch (IllegalArgumentException e) {
            throw new InputException("--dropout gyro does not go with " + model + ": " + e.getMessage(), e);
        }
    }

    /** What is dropped in front of the head, which is no part of the network. */
    public double pBeforeHead() { return dropout == DropoutName.GYRO || dropoutP == null ? 0 : dropoutP; }

    /** As people say it. */
    public String describe() {
        return switch (dropout) {
            case NONE -> "no dropout";
            case STANDARD -> "dropout of " + dropoutP;
            case GYRO -> String.format(Locale.ROOT, "gyro dropout of %,d subnetworks, %d at a time", sigma, tau);
            case MULTI_SAMPLE -> String.format(Locale.ROOT, "%d dropout samples of %s", dropoutSamples, dropoutP);
        };
    }
}
