package panatorch.apps;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.apps.console.Counted;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.console.Printable;
import panatorch.apps.measures.EvaluateConfig;
import panatorch.apps.measures.Metrics;
import panatorch.apps.measures.Predictions;
import panatorch.apps.measures.Progress;
import panatorch.apps.measures.Quality;
import panatorch.apps.measures.RunningScore;
import panatorch.apps.measures.TestLoop;
import panatorch.apps.models.Companions;
import panatorch.apps.models.LoadedModel;
import panatorch.apps.models.ModelFileClassifier;
import panatorch.apps.models.ModelKind;
import panatorch.apps.models.ModelPlan;
import panatorch.apps.options.Checkpoint;
import panatorch.apps.options.CheckpointOptions;
import panatorch.apps.options.CheckpointPlan;
import panatorch.apps.options.ComputeOptions;
import panatorch.apps.options.ComputePlan;
import panatorch.apps.options.ConfigFile;
import panatorch.apps.options.DataPlan;
import panatorch.apps.options.DatasetName;
import panatorch.apps.options.EvaluationDataOptions;
import panatorch.apps.options.ModelFileOptions;
import panatorch.apps.options.OptionCheck;
import panatorch.apps.options.OptionDependency;
import panatorch.apps.options.OutputFolder;
import panatorch.apps.options.Preparation;
import panatorch.apps.report.ConfusionPicture;
import panatorch.apps.report.ProgressDisplay;
import panatorch.apps.run.Interruption;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.metrics.ClassificationReport;
import panatorch.models.Classifier;
import panatorch.nn.Module;
import panatorch.serialize.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code panatorch evaluate}. */
@Command(name = "evaluate", sortOptions = false,
        description = "Evaluates a checkpoint, or a model that Python exported, on test images or texts: loss, accuracy, calibration, each "
                + "class, and the confusion matrix.",
        footer = {
            "", "Examples:",
            "  panatorch evaluate --checkpoint runs/cifar/model.safetensors --data DIR",
            "  panatorch evaluate --checkpoint runs/cifar/best.safetensors --data DIR --mc 20",
            "  panatorch evaluate --checkpoint r20.th --model resnet20 --dataset cifar10 --data DIR --normalize imagenet",
            "  panatorch evaluate --model-file resnet18.pt2 --dataset folder --data imagenette"})
final class EvaluateCommand implements Callable<Integer> {
    private static final int MOST_CLASSES = 20;

    @Option(names = "--checkpoint", paramLabel = "FILE",
            description = "weights: safetensors, a file of torch.save (.pt, .pth, .th), a run's last.ckpt, or a run's folder, for its "
                    + "best weights")
    private @Nullable Path checkpoint;

    @Option(names = "--model-file", paramLabel = "FILE", description = "a whole model instead of a checkpoint: .pt2 or .ts, as run takes")
    private @Nullable Path modelFile;

    @Mixin(name = "Checkpoint")
    private CheckpointOptions options = new CheckpointOptions();
    @Mixin(name = "Model file")
    private ModelFileOptions modelOptions = new ModelFileOptions();
    @Mixin(name = "Data")
    private EvaluationDataOptions set = new EvaluationDataOptions();
    @Mixin(name = "Compute")
    private ComputeOptions compute = new ComputeOptions();

    @Option(names = "--batch-size", paramLabel = "N", defaultValue = "" + TestLoop.BATCH_SIZE,
            description = "images of a batch; default: ${DEFAULT-VALUE}, as train tests")
    private int batchSize;

    @Option(names = "--mc", paramLabel = "T",
            description = "predicts the mean of T passes with dropout on (Gal and Ghahramani 2016), and its uncertainty")
    private @Nullable Integer mc;

    @Option(names = "--out", paramLabel = "DIR",
            description = "folder for confusion.png and metrics.json, or evaluation.json where there is a metrics.json; default: the "
                    + "folder of the checkpoint's run")
    private @Nullable Path out;

    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override public Integer call() throws IOException {
        OptionCheck.atLeast("--batch-size", batchSize, 1);
        OptionCheck.atLeast("--mc", mc, 2);
        options.check();
        set.check();
        compute.check();
        Path model = modelFile, file = checkpoint;
        if (model != null && file != null) throw new InputException("evaluate takes --checkpoint or --model-file, and both were given");
        if (model == null && file == null)
            throw new InputException("evaluate needs --checkpoint, weights of a network of ours, or --model-file, a model with its code");
        OptionDependency.check(spec, OptionDependency.ofModelFile(model != null));
        return model != null ? evaluate(model) : evaluateCheckpoint(Objects.requireNonNull(file));
    }

    private int evaluateCheckpoint(Path checkpoint) throws IOException {
        try (var interruption = Interruption.watch(); var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(checkpoint);
            CheckpointPlan plan = options.resolve(weights);
            DataPlan data = set.resolve(weights);
            OptionDependency.check(spec, OptionDependency.of(data.dataset()));
            OptionDependency.check(spec, OptionDependency.of(mc));
            try (Dataset all = data.test()) {
                Dataset test = data.limitedTest(all);
                Preparation preparation = weights.preparation(test, plan.model(), plan.normalize());
                ComputePlan place = compute.resolve();
                Path d = data.folder(), o = out, own = weights.file().toAbsolutePath().getParent(),
                        folder = o != null ? OutputFolder.prepare(o) : own != null && ConfigFile.isOfRun(own) ? own : null;
                warnOfOtherClasses(weights.classNames(), data.dataset(), test.classNames());
                Precision p = plan.precision().resolve(place.device());
                var config = new EvaluateConfig(weights.file().toString(), plan.model().toString(), data.dataset(),
                        d == null ? null : d.toString(),
                        plan.normalize(), mc, data.damaged(), batchSize, p.toString(),
                        place.device().toString(), data.limitTest(), place.threads(), place.seed(), Torch.version());
                try (Classifier network = plan.network(weights, test.classes(), place.device())) {
                    Torch.manualSeed(place.seed());
                    var predictor = mc == null ? Predictions.PLAIN : Predictions.monteCarlo(network, mc, plan.dropoutP());
                    DataLoader loader = TestLoop.loader(test, preparation.testing(), batchSize, data.damaged());
                    return measure(network, network.parameterCount(), predictor, test, loader, config, place.device(), p,
                            folder == null ? null
                                    : new Place(folder, weights.metadata().getOrDefault("dataset", data.dataset().toString())),
                            interruption);
                }
            }
        }
    }

    /** Evaluates a model that was exported with its code. */
    private int evaluate(Path file) throws IOException {
        try (var interruption = Interruption.watch(); var scope = Scope.open()) {
            DataPlan data = set.resolve();
            OptionDependency.check(spec, OptionDependency.of(data.dataset()));
            ComputePlan place = compute.resolve();
            var plan = new ModelPlan(modelOptions.program(), modelOptions.weights(), place.device(), modelOptions.optimize());
            try (LoadedModel model = ModelKind.open(file, plan);
                    var network = ModelFileClassifier.of(model, new Companions(model, modelOptions.companions()), data, file);
                    Dataset all = network.test()) {
                Dataset test = data.limitedTest(all);
                Path d = data.folder(), o = out, folder = o == null ? null : OutputFolder.prepare(o);
                warnOfOtherClasses(network.labels(), data.dataset(), test.classNames());
                Precision p = Precision.FP32;
                var config = new EvaluateConfig(file.toString(), ModelKind.of(file).title, data.dataset(), d == null ? null : d.toString(),
                        null, null, data.damaged(), batchSize, p.toString(), place.device().toString(), data.limitTest(), place.threads(),
                        place.seed(), Torch.version());
                Torch.manualSeed(place.seed());
                DataLoader loader = TestLoop.loader(test, network.preparation(), batchSize, data.damaged());
                return measure(network, model.parameters(), Predictions.PLAIN, test, loader, config, place.device(), p,
                        folder == null ? null : new Place(folder, data.dataset().toString()), interruption);
            }
        }
    }

    /**
     * Warns if the test set has other classes than the network. That is legitimate, to see how unsure the network is, but may be a mistake.
     */
    private void warnOfOtherClasses(@Nullable List<String> known, DatasetName dataset, List<String> names) {
        if (known == null || known.equals(names)) return;
        spec.commandLine().getErr()
                .println("panatorch: the classes of " + dataset + " (" + Printable.line(names.getFirst())
                        + ", …) are not those that the network was trained on (" + Printable.line(known.getFirst())
                        + ", …): they are compared by their numbers");
    }

    /**
     * The folder for the files of an evaluation.
     *
     * @param folder the folder
     * @param trainedOn name of the data set that the weights were trained on
     */
    private record Place(Path folder, String trainedOn) {
        /**
         * Returns the file for the metrics. Evaluations on another data set and by Monte-Carlo prediction have names of their own beside
         * the run's metrics.
         */
        Path metrics(EvaluateConfig c) {
            Path metrics = folder.resolve(OutputFolder.METRICS);
            return Files.exists(metrics) || ConfigFile.isOfRun(folder) ? folder.resolve("evaluation" + kind(c) + ".json") : metrics;
        }

        Path picture(EvaluateConfig c) { return folder.resolve("confusion" + kind(c) + ".png"); }

        private String kind(EvaluateConfig c) {
            return (c.dataset().toString().equals(trainedOn) ? "" : "-" + c.dataset()) + (c.mc() == null ? "" : "-mc" + c.mc());
        }
    }

    private int measure(Module network, long parameters, Predictions.Predictor predictor, Dataset test, DataLoader loader,
            EvaluateConfig config,
            Device place, Precision p, @Nullable Place folder, Interruption interruption) throws IOException {
        var plan = new Progress.Plan(1, 0, 0, test.size(), config.dataset().items());
        try (var progress = json ? Progress.none() : ProgressDisplay.of(plan, spec.commandLine().getOut(), false)) {
            progress.beginEpoch(1, 0);
            try (var predictions = Predictions.of(network, predictor, loader, p, place, progress, interruption::check)) {
                progress.close();
                tell(predictions, Quality.of(predictions, test.classNames()), parameters, test.classNames(), config, loader.skipped(),
                        folder);
            }
        } catch (Interruption.Interrupted e) {
            return interruption.report(spec.commandLine().getErr(), "nothing was written");
        }
        return 0;
    }

    private void tell(Predictions predictions, Quality quality, long parameters, List<String> names, EvaluateConfig config,
            List<String> skipped, @Nullable Place folder) throws IOException {
        RunningScore score = predictions.score();
        PrintWriter text = spec.commandLine().getOut();
        if (json) {
            text.println(Json.LINE.writeValueAsString(
                    new Result(score.accuracy(), score.loss(), score.correct(), score.count(), quality, skipped, config)));
        } else {
            text.printf(Locale.ROOT, "%s on %s, %s on %s%s: test loss %.4f, test accuracy %.2f %% (%,d of %,d %s)%n", config.model(),
                    config.dataset(), config.precision(), config.device(),
                    config.mc() == null ? "" : ", the mean of " + config.mc() + " predictions",
                    score.loss(), 100 * score.accuracy(), score.correct(), score.count(), config.dataset().items());
            if (!skipped.isEmpty()) text.println("skipped " + Counted.of(skipped.size(), "damaged image"));
            print(quality, Quality.report(predictions, names), text);
        }
        write(new Metrics(config, List.of(), new Metrics.Final(score.loss(), score.accuracy(), parameters), null, quality,
                null), config, names, folder);
        text.flush();
    }

    private void print(Quality q, ClassificationReport report, PrintWriter text) {
        if (q.top5() != null) text.printf(Locale.ROOT, "top-5 accuracy          %8.2f %%%n", 100 * q.top5());
        text.printf(Locale.ROOT, "negative log-likelihood %8.4f   nats; lower is better%n", q.nll());
        text.printf(Locale.ROOT, "Brier score             %8.4f   of 2; lower is better%n", q.brier());
        text.printf(Locale.ROOT, "calibration error       %8.4f   mean confidence %.4f, accuracy %.4f%n", q.ece(), q.confidence(),
                q.accuracy());
        if (q.errorAuroc() != null)
            text.printf(Locale.ROOT, "errors told (AUROC)     %8.4f   by the confidence; 0.5 is chance%n", q.errorAuroc());
        if (q.informationAuroc() != null)
            text.printf(Locale.ROOT, "                        %8.4f   by the mutual information%n", q.informationAuroc());
        if (q.mutualInformation() != null) text.printf(Locale.ROOT, "mutual information      %8.4f   the mean%n", q.mutualInformation());
        text.println();
        text.println(report.table());
        if (report.classes() <= MOST_CLASSES) text.println(report.matrix());
    }

    /** The object that {@code --json} prints. */
    private record Result(double accuracy, double loss, long correct, long images, Quality quality,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> skipped, EvaluateConfig config) {}

    /**
     * Writes the metrics and the confusion matrix. Failing to write beside the checkpoint is only a warning, because the result is printed
     * by then.
     */
    private void write(Metrics metrics, EvaluateConfig config, List<String> names, @Nullable Place place) throws IOException {
        PrintWriter text = spec.commandLine().getOut();
        Quality quality = metrics.quality();
        if (place == null) {
            if (!json) text.println("--out DIR keeps all that was measured, and a picture of the confusion");
            return;
        }
        Path file = place.metrics(config), picture = place.picture(config);
        try {
            metrics.write(file);
            if (quality != null) AtomicFile.write(picture, ConfusionPicture.png(quality.confusion(), names));
            if (!json) text.println("written to " + file + " and " + picture.getFileName());
        } catch (IOException e) {
            if (out != null) throw e;
            spec.commandLine().getErr().println("panatorch: the metrics are not written beside the checkpoint (" + InputException.reason(e)
                    + "); --out names another folder");
        }
    }
}
