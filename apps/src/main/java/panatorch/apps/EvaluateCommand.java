package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
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
import panatorch.metrics.ClassificationReport;
import panatorch.models.Classifier;
import panatorch.serialize.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch evaluate}. */
@Command(name = "evaluate", description = "Measures a checkpoint on test images: loss, accuracy, calibration, each class, and which classes are confused.", footer = {
        "", "Examples:",
        "  panatorch evaluate --checkpoint runs/cifar/model.safetensors --data DIR",
        "  panatorch evaluate --checkpoint runs/cifar/best.safetensors --data DIR --mc 20",
        "  panatorch evaluate --checkpoint resnet20.th --model resnet20 --dataset cifar10 --data DIR --normalize imagenet"})
final class EvaluateCommand implements Callable<Integer> {
    private static final int MOST_CLASSES = 20;

    @Option(names = "--checkpoint", paramLabel = "FILE", required = true, description = "weights: safetensors, a file of torch.save (.pt, .pth, .th), or a run's last.ckpt")
    private Path checkpoint;

    @Option(names = "--model", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable ModelName model;

    @Option(names = "--dataset", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable DatasetName dataset;

    @Option(names = "--data", paramLabel = "DIR", description = "folder that holds the set's files, or the set's own folder in it")
    private @Nullable Path data;

    @Option(names = "--limit-test", paramLabel = "N", description = "use the first N test images only")
    private @Nullable Integer limitTest;

    @Option(names = "--batch-size", paramLabel = "N", defaultValue = "" + Testing.BATCH_SIZE, description = "default: ${DEFAULT-VALUE}, as train does")
    private int batchSize;

    @Option(names = "--normalize", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}: whose mean and standard deviation the weights were trained with; default: the dataset's")
    private @Nullable NormalizationName normalize;

    @Option(names = "--mc", paramLabel = "T", description = "the mean of T predictions with dropout on (Gal and Ghahramani 2016), and how they differ")
    private @Nullable Integer mc;

    @Option(names = "--dropout-p", paramLabel = "P", description = "of --mc: drop probability in front of the head; default: what the checkpoint says, else the network's own dropout layers")
    private @Nullable Double dropoutP;

    @Option(names = "--precision", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint was trained in if it says so, else fp32")
    private @Nullable PrecisionName precision;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, a GPU if there is one")
    private DeviceName device;

    @Option(names = "--out", paramLabel = "DIR", description = "folder for confusion.png and metrics.json, or evaluation.json if it has metrics.json already; default: evaluation.json beside the checkpoint")
    private @Nullable Path out;

    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Spec private CommandSpec spec;

    @Override public Integer call() throws IOException {
        Check.atLeast("--batch-size", batchSize, 1);
        Check.atLeast("--limit-test", limitTest, 1);
        Check.atLeast("--mc", mc, 2);
        if (dropoutP != null) Check.between("--dropout-p", dropoutP, 0, 1);
        try (var interruption = Interruption.watch(); var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(checkpoint);
            ModelName kind = weights.or(model, "model", ModelName.values(), "--model");
            DatasetName images = weights.or(dataset, "dataset", DatasetName.values(), "--dataset");
            Preparation known = weights.preparation();
            try (Dataset all = images.test(data, known == null ? 32 : known.side(), checkpoint)) {
                Dataset test = DataOptions.limited(all, limitTest);
                Preparation preparation = weights.preparation(test, kind, normalize);
                Device place = device.resolve();
                Path d = data, o = out, folder = o == null ? null : OutputFolder.prepare(o);
                Precision p = weights.precision(precision).resolve(place);
                var config = new EvaluateConfig(checkpoint.toString(), kind, images, d == null ? null : d.toString(), normalize, mc, batchSize, p.toString(), place.toString(),
                        limitTest, Torch.numThreads(), Torch.version());
                try (Classifier network = kind.create(test.classes())) {
                    weights.loadInto(network, kind);
                    network.to(place, null, Testing.FORMAT);
                    return measure(network, test, preparation, weights, config, place, p, folder, interruption);
                }
            }
        }
    }

    private int measure(Classifier network, Dataset test, Preparation preparation, Checkpoint weights, EvaluateConfig config, Device place, Precision p, @Nullable Path folder, Interruption interruption) throws IOException {
        Integer samples = mc;
        Predictions.Predictor predictor = samples == null ? Predictions.PLAIN : Predictions.monteCarlo(network, samples, dropoutP != null ? dropoutP : weights.dropoutP());
        var plan = new Progress.Plan(1, 0, 0, test.size());
        try (var progress = json ? Progress.none() : Progress.of(plan, spec.commandLine().getOut(), false)) {
            progress.beginEpoch(1, 0);
            try (var said = Predictions.of(network, predictor, Testing.batches(test, preparation.testing(), batchSize), test.size(), p, place, progress, interruption::check)) {
                progress.close();
                tell(said, Quality.of(said, test.classNames()), network, test.classNames(), config, folder);
            }
        } catch (Interruption.Interrupted e) {
            return interruption.report(spec.commandLine().getErr(), "nothing was written");
        }
        return 0;
    }

    private void tell(Predictions said, Quality quality, Classifier network, List<String> names, EvaluateConfig config, @Nullable Path folder) throws IOException {
        Tally tally = said.tally();
        PrintWriter text = spec.commandLine().getOut();
        if (json) {
            text.println(Metrics.JSON_LINE.writeValueAsString(new Result(tally.accuracy(), tally.loss(), tally.correct(), tally.count(), quality, config)));
        } else {
            text.printf(Locale.ROOT, "%s on %s, %s on %s: test loss %.4f, test accuracy %.2f %% (%,d of %,d %s)%n", config.model(), config.dataset(), config.precision(), config.device(),
                    tally.loss(), 100 * tally.accuracy(), tally.correct(), tally.count(), config.dataset().items());
            print(quality, Quality.report(said, names), text);
        }
        write(new Metrics(config, List.of(), new Metrics.Final(tally.loss(), tally.accuracy(), network.parameterCount()), quality), names, folder);
        text.flush();
    }

    private void print(Quality q, ClassificationReport report, PrintWriter text) {
        if (q.top5() != null) text.printf(Locale.ROOT, "top-5 accuracy          %8.2f %%%n", 100 * q.top5());
        text.printf(Locale.ROOT, "negative log-likelihood %8.4f   nats; lower is better%n", q.nll());
        text.printf(Locale.ROOT, "Brier score             %8.4f   of 2; lower is better%n", q.brier());
        text.printf(Locale.ROOT, "calibration error       %8.4f   mean confidence %.4f, accuracy %.4f%n", q.ece(), q.confidence(), q.accuracy());
        if (q.errorAuroc() != null) text.printf(Locale.ROOT, "errors told (AUROC)     %8.4f   0.5 is chance%n", q.errorAuroc());
        if (q.mutualInformation() != null) text.printf(Locale.ROOT, "mutual information      %8.4f   the mean%n", q.mutualInformation());
        text.println();
        text.println(report.table());
        if (report.classes() <= MOST_CLASSES) text.println(report.matrix());
    }

    /** What {@code --json} prints. */
    private record Result(double accuracy, double loss, long correct, long images, Quality quality, EvaluateConfig config) {}

    /** Weights may lie where nobody may write; what was measured is printed by then. */
    private void write(Metrics metrics, List<String> names, @Nullable Path folder) throws IOException {
        Path file = folder == null ? checkpoint.toAbsolutePath().resolveSibling("evaluation.json") : free(folder), picture = file.resolveSibling("confusion.png");
        Quality quality = metrics.quality();
        try {
            metrics.write(file);
            if (quality != null) AtomicFile.write(picture, ConfusionPicture.png(quality.confusion(), names));
            if (!json) spec.commandLine().getOut().println("written to " + file + " and " + picture.getFileName());
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
