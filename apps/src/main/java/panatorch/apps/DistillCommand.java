package panatorch.apps;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.datasets.Dataset;
import panatorch.models.Classifier;
import panatorch.serialize.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch distill}. */
@Command(name = "distill", sortOptions = false, description = "Trains a student that says in one pass what a network with dropout says on average over its masks (Bulò et al. 2016). Labels are not learnt from.", footer = {
        "", "Examples:",
        "  panatorch distill --teacher runs/allconv/model.safetensors --data DIR --out runs/student",
        "  panatorch evaluate --checkpoint runs/student/model.safetensors --data DIR"})
final class DistillCommand implements Callable<Integer> {
    @Option(names = "--teacher", paramLabel = "FILE", required = true, description = "weights of a network that was trained with dropout")
    private Path teacher;

    @Option(names = "--model", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable ModelName model;

    @Option(names = "--dropout-p", paramLabel = "P", description = "of the teacher: drop probability in front of the head; default: what the checkpoint says, else the network's own dropout layers")
    private @Nullable Double dropoutP;

    @Option(names = "--dataset", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable DatasetName dataset;

    @Option(names = "--data", paramLabel = "DIR", description = "folder that holds the set's files, or the set's own folder in it")
    private @Nullable Path data;

    @Option(names = "--limit-train", paramLabel = "N", description = "use the first N training images only")
    private @Nullable Integer limitTrain;

    @Option(names = "--limit-test", paramLabel = "N", description = "use the first N test images only")
    private @Nullable Integer limitTest;

    @Option(names = "--normalize", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says, else the dataset's")
    private @Nullable NormalizationName normalize;

    @Option(names = "--no-augment", description = "no random crops, no flips")
    private boolean noAugment;

    @Option(names = "--perturb", paramLabel = "P", defaultValue = "0.2", description = "probability of a pixel to be blanked, for more examples; default: ${DEFAULT-VALUE}, the paper's")
    private double perturb;

    @Option(names = "--samples", paramLabel = "K", defaultValue = "2", description = "masks an image in a step; default: ${DEFAULT-VALUE}; the paper's 1 does not tell how much is left to be learnt, loss − MI")
    private int samples;

    @Option(names = "--epochs", paramLabel = "N", defaultValue = "30", description = "the last third of them at a tenth of the rate; default: ${DEFAULT-VALUE}, the paper's")
    private int epochs;

    @Option(names = "--lr", paramLabel = "RATE", defaultValue = "0.001", description = "learning rate of SGD with momentum 0.9; default: ${DEFAULT-VALUE}; the paper's is the lowest of the teacher's training")
    private double lr;

    @Option(names = "--batch-size", paramLabel = "N", defaultValue = "64", description = "default: ${DEFAULT-VALUE}")
    private int batchSize;

    @Option(names = "--mc", paramLabel = "T", defaultValue = "20", description = "samples of the Monte-Carlo prediction that the student is compared with; default: ${DEFAULT-VALUE}; the paper's are 100")
    private int mc;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--precision", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint was trained in if it says so, else fp32")
    private @Nullable PrecisionName precision;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, a GPU if there is one")
    private DeviceName device;

    @Option(names = "--out", paramLabel = "DIR", description = "the run's folder, whose older files are replaced; default: runs/<time>-<model>")
    private @Nullable Path out;

    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Spec private CommandSpec spec;

    /** @param error the part of test images of which the likeliest class is wrong; @param nll negative log-likelihood in nats */
    private record Score(double error, double nll) {}

    /** What {@code --json} prints, and {@code distillation.json} holds. @param excess loss − MI of the last epoch; null with one mask an image */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Result(Score standard, Score monteCarlo, Score student, @Nullable Double excess, String folder, Map<String, Object> config) {}

    @Override public Integer call() throws IOException {
        check();
        RunLog.configure(false, json);
        try (var interruption = Interruption.watch(); var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(teacher);
            // what takes effect is put in the place of what was not said: the options are what the run's files tell of it
            ModelName kind = weights.or(model, "model", ModelName.values(), "--model");
            DatasetName images = weights.or(dataset, "dataset", DatasetName.values(), "--dataset");
            model = kind;
            dataset = images;
            precision = weights.precision(precision);
            if (dropoutP == null) dropoutP = weights.dropoutP();
            if (kind.readsTexts()) throw new InputException("distill is for images, and " + kind + " takes texts");
            Preparation known = weights.preparation();
            int side = known == null ? kind.side() : known.side();
            try (Dataset train = images.train(data, side); Dataset test = images.test(data, side)) {
                Preparation preparation = weights.preparation(train, kind, normalize);
                Device place = device.resolve();
                device = place.type() == Device.Type.CUDA ? DeviceName.CUDA : DeviceName.CPU;
                Precision p = precision.resolve(place);
                try (Classifier network = kind.create(train.classes())) {
                    weights.loadInto(network, kind);
                    network.to(place, null, Testing.FORMAT);
                    Classifier random = DroppingHead.random(network, dropoutP, "distill");
                    Path folder = OutputFolder.prepare(out != null ? out : OutputFolder.standard(kind));
                    try (var log = RunLog.open(folder, spec.commandLine().getOut(), json)) {
                        return distill(network, random, dropoutP, DataOptions.limited(train, limitTrain), DataOptions.limited(test, limitTest), preparation, place, p, folder, log.out(), interruption);
                    }
                }
            }
        }
    }

    private void check() {
        Check.atLeast("--limit-train", limitTrain, 1);
        Check.atLeast("--limit-test", limitTest, 1);
        Check.atLeast("--samples", samples, 1);
        Check.atLeast("--epochs", epochs, 1);
        Check.atLeast("--batch-size", batchSize, 1);
        Check.atLeast("--mc", mc, 2);
        Check.above("--lr", lr, 0);
        Check.between("--perturb", perturb, 0, 1);
        if (dropoutP != null) Check.between("--dropout-p", dropoutP, 0, 1);
    }

    private int distill(Classifier network, Classifier random, double drops, Dataset train, Dataset test, Preparation preparation, Device place, Precision p, Path folder, PrintWriter text, Interruption interruption) throws IOException {
        var recipe = new DistillRun.Recipe(epochs, lr, samples, perturb, batchSize, seed);
        Torch.manualSeed(seed);
        try (var run = new DistillRun(recipe, network, random, place, p, folder)) {
            text.printf(Locale.ROOT, "Distilling %s on %s (%,d images, %,d for testing): %,d %s, %d %s an image, on %s in %s, by sgd at %s, a tenth of it after epoch %d%n", model, dataset,
                    train.size(), test.size(), epochs, epochs == 1 ? "epoch" : "epochs", samples, samples == 1 ? "mask" : "masks", place, p, lr, recipe.fall());
            text.flush();
            Map<String, Object> config = ConfigFile.of(spec);
            Score standard = score(network, Predictions.PLAIN, test, preparation, place, p, interruption);
            Score monteCarlo = score(network, Predictions.monteCarlo(network, mc, drops), test, preparation, place, p, interruption);
            Metrics metrics = run.train(train, test, preparation, !noAugment, dataset().mirrors, config, text, json, interruption);
            Score student = score(run.student(), Predictions.PLAIN, test, preparation, place, p, interruption);
            run.save(model(), dataset(), Checkpoint.describe(preparation, test.classNames()));
            var result = new Result(standard, monteCarlo, student, metrics.epochs().getLast().excess(), folder.toString(), config);
            AtomicFile.write(folder.resolve("distillation.json"), Metrics.JSON.writeValueAsBytes(result));
            boolean drawn = Curves.tryWrite(folder.resolve("curves.png"), metrics.epochs());
            tell(result, drawn, text);
            return 0;
        } catch (Interruption.Interrupted e) {
            return interruption.report(spec.commandLine().getErr(), "the student is not kept");
        }
    }

    private ModelName model() { return Objects.requireNonNull(model, "known from the checkpoint"); }

    private DatasetName dataset() { return Objects.requireNonNull(dataset, "known from the checkpoint"); }

    private static Score score(Classifier network, Predictions.Predictor predictor, Dataset test, Preparation preparation, Device place, Precision p, Interruption interruption) {
        try (var progress = Progress.none();
                var said = Predictions.of(network, predictor, Testing.batches(test, preparation.testing(), Testing.BATCH_SIZE), test.size(), p, place, progress, interruption::check)) {
            return new Score(1 - said.tally().accuracy(), said.tally().loss());
        }
    }

    private void tell(Result r, boolean drawn, PrintWriter text) throws IOException {
        text.printf("%n%-18s%12s%12s%n", "", "test error", "test NLL");
        row(text, "standard", r.standard);
        row(text, "Monte-Carlo (" + mc + ")", r.monteCarlo);
        row(text, "student", r.student);
        text.println("written           metrics.json, " + (drawn ? "curves.png, " : "") + "distillation.json and " + Run.WEIGHTS + " in " + r.folder);
        text.flush();
        if (!json) return;
        spec.commandLine().getOut().println(Metrics.JSON_LINE.writeValueAsString(r));
        spec.commandLine().getOut().flush();
    }

    private static void row(PrintWriter text, String name, Score s) { text.printf(Locale.ROOT, "%-18s%10.2f %%%12.4f%n", name, 100 * s.error, s.nll); }
}
