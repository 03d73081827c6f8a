package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.datasets.Dataset;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.Transform;
import panatorch.models.Classifier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch evaluate}. */
@Command(name = "evaluate", description = "Measures loss and accuracy of a checkpoint on test images.", footer = {
        "", "Examples:",
        "  panatorch evaluate --checkpoint runs/cifar/model.safetensors --data DIR",
        "  panatorch evaluate --checkpoint resnet20.th --model resnet20 --dataset cifar10 --data DIR --normalize imagenet"})
final class EvaluateCommand implements Callable<Integer> {
    @Option(names = "--checkpoint", paramLabel = "FILE", required = true, description = "weights: safetensors, or a file of torch.save (.pt, .pth, .th)")
    private Path checkpoint;

    @Option(names = "--model", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable ModelName model;

    @Option(names = "--dataset", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable DatasetName dataset;

    @Option(names = "--data", paramLabel = "DIR", description = "folder that holds cifar-10-batches-bin, or that folder itself")
    private @Nullable Path data;

    @Option(names = "--limit-test", paramLabel = "N", description = "use the first N test images only")
    private @Nullable Integer limitTest;

    @Option(names = "--batch-size", paramLabel = "N", defaultValue = "" + Testing.BATCH_SIZE, description = "default: ${DEFAULT-VALUE}, as train does")
    private int batchSize;

    @Option(names = "--normalize", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}: whose mean and standard deviation the weights were trained with; default: the dataset's")
    private @Nullable NormalizationName normalize;

    @Option(names = "--precision", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint was trained in if it says so, else fp32")
    private @Nullable PrecisionName precision;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, a GPU if there is one")
    private DeviceName device;

    @Option(names = "--out", paramLabel = "DIR", description = "folder for metrics.json, or for evaluation.json if it has metrics.json already; default: evaluation.json beside the checkpoint")
    private @Nullable Path out;

    @Option(names = "--json", description = "print nothing but one JSON object with accuracy, loss, correct and images")
    private boolean json;

    @Spec private CommandSpec spec;

    @Override public Integer call() throws IOException {
        Check.atLeast("--batch-size", batchSize, 1);
        Check.atLeast("--limit-test", limitTest, 1);
        try (var interruption = Interruption.watch(); var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(checkpoint);
            ModelName kind = weights.or(model, "model", ModelName.values(), "--model");
            DatasetName images = weights.or(dataset, "dataset", DatasetName.values(), "--dataset");
            try (Dataset all = images.test(data)) {
                Dataset test = TrainCommand.limited(all, limitTest);
                Device place = device.resolve();
                Path d = data, o = out, folder = o == null ? null : OutputFolder.prepare(o);
                Precision p = weights.precision(precision).resolve(place);
                var config = new EvaluateConfig(checkpoint.toString(), kind, images, d == null ? null : d.toString(), normalize, batchSize, p.toString(), place.toString(),
                        limitTest, Torch.numThreads(), Torch.version());
                try (Classifier network = kind.create(test.classes())) {
                    weights.loadInto(network, kind);
                    network.to(place, null, Testing.FORMAT);
                    return measure(network, test, config, place, p, folder, interruption);
                }
            }
        }
    }

    private int measure(Classifier network, Dataset test, EvaluateConfig config, Device place, Precision p, @Nullable Path folder, Interruption interruption) throws IOException {
        NormalizationName n = normalize;
        Transform transform = n == null ? new Normalize(test.mean(), test.std()) : n.transform();
        Tally tally;
        try (var progress = Progress.of(new Progress.Plan(1, 0, 0, test.size()), json ? new PrintWriter(Writer.nullWriter()) : spec.commandLine().getOut())) {
            progress.beginEpoch(1, 0);
            tally = Testing.run(network, Testing.batches(test, transform, batchSize), test.size(), p, place, progress, interruption);
        } catch (Interruption.Interrupted e) {
            return interruption.report(spec.commandLine().getErr(), "nothing was written");
        }
        PrintWriter text = spec.commandLine().getOut();
        if (json) text.println(Metrics.JSON_LINE.writeValueAsString(new Result(tally.accuracy(), tally.loss(), tally.correct(), tally.count(), config)));
        else text.printf(Locale.ROOT, "%s on %s, %s on %s: test loss %.4f, test accuracy %.2f %% (%,d of %,d images)%n", config.model(), config.dataset(), config.precision(), config.device(),
                tally.loss(), 100 * tally.accuracy(), tally.correct(), tally.count());
        write(new Metrics(config, List.of(), new Metrics.Final(tally.loss(), tally.accuracy(), network.parameterCount())), folder);
        text.flush();
        return 0;
    }

    /** What {@code --json} prints. */
    private record Result(double accuracy, double loss, long correct, long images, EvaluateConfig config) {}

    /** Weights may lie where nobody may write; what was measured is printed by then. */
    private void write(Metrics metrics, @Nullable Path folder) throws IOException {
        Path file = folder == null ? checkpoint.toAbsolutePath().resolveSibling("evaluation.json") : free(folder);
        try {
            metrics.write(file);
            if (!json) spec.commandLine().getOut().println("written to " + file);
        } catch (IOException e) {
            if (folder != null) throw e;
            spec.commandLine().getErr().println("panatorch: the metrics are not written beside the checkpoint (" + InputException.reason(e) + "); --out names another folder");
        }
    }

    /** A training run's metrics are not replaced by those of an evaluation of its own checkpoint. */
    private static Path free(Path folder) {
        Path metrics = folder.resolve("metrics.json");
        return Files.exists(metrics) ? folder.resolve("evaluation.json") : metrics;
    }
}
