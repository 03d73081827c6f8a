package panatorch.apps;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.dropout.multisample.MultiSampleTraining;
import panatorch.nn.functional.CrossEntropy;
import panatorch.train.TrainingMethod;
import picocli.CommandLine.Option;

/** What is trained. */
final class ModelOptions {
    @Option(names = "--model", paramLabel = "NAME", defaultValue = "resnet20", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    ModelName model = ModelName.RESNET20;

    @Option(names = "--dropout", paramLabel = "NAME", defaultValue = "multi-sample", description = "${COMPLETION-CANDIDATES} (multi-sample: Inoue 2019); default: ${DEFAULT-VALUE}")
    DropoutName dropout = DropoutName.MULTI_SAMPLE;

    @Option(names = "--dropout-p", paramLabel = "P", description = "drop probability; default: 0.3")
    @Nullable Double dropoutP;

    @Option(names = {"--dropout-samples", "--dropout-num"}, paramLabel = "M", description = "dropout samples of multi-sample; default: 8")
    @Nullable Integer dropoutSamples;

    void check() {
        if (dropoutP != null) Check.between("--dropout-p", dropoutP, 0, 1);
        Check.atLeast("--dropout-samples", dropoutSamples, 1);
    }

    /** Puts what takes effect in the place of what was asked for. */
    void resolve() {
        dropoutP = dropout.p(dropoutP == null ? 0.3 : dropoutP);
        dropoutSamples = dropout.samples(dropoutSamples == null ? 8 : dropoutSamples);
    }

    /** Training by what was chosen; evaluation drops nothing. */
    TrainingMethod method(CrossEntropy criterion) {
        var options = MultiSampleDropout.options(dropoutSamples);
        return MultiSampleTraining.of(dropout == DropoutName.NONE ? options.dropout(null) : options.dropout(dropoutP)).criterion(criterion);
    }

    /** As people say it. */
    String describe() {
        return switch (dropout) {
            case NONE -> "no dropout";
            case STANDARD -> "dropout of " + dropoutP;
            case MULTI_SAMPLE -> String.format(Locale.ROOT, "%d dropout samples of %s", dropoutSamples, dropoutP);
        };
    }
}
