package panatorch.apps;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Torch;
import panatorch.amp.Precision;
import picocli.CommandLine.Option;

/** What can be said to {@code train}. */
final class TrainOptions {
    @Option(names = "--dataset", paramLabel = "NAME", defaultValue = "synthetic", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, which is built in")
    DatasetName dataset = DatasetName.SYNTHETIC;

    @Option(names = "--data", paramLabel = "DIR", description = "folder that holds cifar-10-batches-bin, or that folder itself")
    @Nullable Path data;

    @Option(names = "--model", paramLabel = "NAME", defaultValue = "resnet20", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    ModelName model = ModelName.RESNET20;

    @Option(names = "--dropout", paramLabel = "NAME", defaultValue = "multi-sample", description = "${COMPLETION-CANDIDATES} (Inoue 2019); default: ${DEFAULT-VALUE}")
    DropoutName dropout = DropoutName.MULTI_SAMPLE;

    @Option(names = "--dropout-p", paramLabel = "P", defaultValue = "0.3", description = "drop probability; default: ${DEFAULT-VALUE}")
    double dropoutP;

    @Option(names = "--dropout-samples", paramLabel = "M", defaultValue = "8", description = "dropout samples of multi-sample; default: ${DEFAULT-VALUE}")
    int dropoutSamples;

    @Option(names = "--epochs", paramLabel = "N", description = "default: 5 for synthetic, 10 for cifar10")
    @Nullable Integer epochs;

    @Option(names = "--batch-size", paramLabel = "N", description = "default: 32 for synthetic, 64 for cifar10")
    @Nullable Integer batchSize;

    @Option(names = "--lr", paramLabel = "RATE", description = "highest learning rate of SGD; default: 0.05")
    @Nullable Double lr;

    @Option(names = "--momentum", paramLabel = "MU", defaultValue = "0.9", description = "Nesterov's; default: ${DEFAULT-VALUE}")
    double momentum;

    @Option(names = "--weight-decay", paramLabel = "LAMBDA", defaultValue = "5e-4", description = "default: ${DEFAULT-VALUE}")
    double weightDecay;

    @Option(names = "--schedule", paramLabel = "NAME", defaultValue = "one-cycle", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}")
    ScheduleName schedule = ScheduleName.ONE_CYCLE;

    @Option(names = "--precision", paramLabel = "NAME", defaultValue = "auto", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, bf16 where it is fast")
    PrecisionName precision = PrecisionName.AUTO;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, a GPU if there is one")
    DeviceName device = DeviceName.AUTO;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "the same seed gives the same weights; default: ${DEFAULT-VALUE}")
    long seed;

    @Option(names = "--limit-train", paramLabel = "N", description = "use the first N training images only")
    @Nullable Integer limitTrain;

    @Option(names = "--limit-test", paramLabel = "N", description = "use the first N test images only")
    @Nullable Integer limitTest;

    @Option(names = "--out", paramLabel = "DIR", description = "folder for metrics.json, curves.png and model.safetensors, which replace older ones there; default: runs/<time>-<model>")
    @Nullable Path out;

    /** @throws InputException if a number makes no sense */
    void check() {
        Check.between("--dropout-p", dropoutP, 0, 1);
        Check.atLeast("--dropout-samples", dropoutSamples, 1);
        Check.atLeast("--epochs", epochs, 1);
        if (batchSize != null && batchSize < 2) throw new InputException("--batch-size must be at least 2, because batch normalisation needs more than one image, and is " + batchSize);
        if (lr != null) Check.above("--lr", lr, 0);
        if (!(momentum >= 0 && momentum < 1)) throw new InputException("--momentum must be at least 0 and below 1, and is " + momentum);
        Check.notBelow("--weight-decay", weightDecay, 0);
        Check.atLeast("--limit-train", limitTrain, 1);
        Check.atLeast("--limit-test", limitTest, 1);
    }

    RunConfig resolve(Path folder, Device chosen, Precision chosenPrecision) {
        Path d = data;
        return new RunConfig(dataset, d == null ? null : d.toString(), model, dropout, dropout.p(dropoutP), dropout.samples(dropoutSamples), epochs == null ? dataset.epochs : epochs,
                batchSize == null ? dataset.batchSize : batchSize, lr == null ? dataset.lr : lr, momentum, weightDecay, schedule,
                chosenPrecision.toString(), chosen.toString(), seed, limitTrain, limitTest, folder.toString(), Torch.numThreads(), Torch.version());
    }
}
