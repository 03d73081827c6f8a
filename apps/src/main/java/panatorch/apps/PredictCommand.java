package panatorch.apps;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.apps.console.ExitStatus;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.console.Printable;
import panatorch.apps.measures.LenientDataset;
import panatorch.apps.measures.Predictions;
import panatorch.apps.measures.TestLoop;
import panatorch.apps.options.Checkpoint;
import panatorch.apps.options.CheckpointOptions;
import panatorch.apps.options.CheckpointPlan;
import panatorch.apps.options.ComputeOptions;
import panatorch.apps.options.ComputePlan;
import panatorch.apps.options.ModelName;
import panatorch.apps.options.NormalizationName;
import panatorch.apps.options.OptionCheck;
import panatorch.apps.options.OptionDependency;
import panatorch.apps.options.Preparation;
import panatorch.apps.options.Sst2;
import panatorch.data.Batches;
import panatorch.datasets.ChannelStats;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Framing;
import panatorch.datasets.ImageFolder;
import panatorch.models.Classifier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch predict}. */
@Command(name = "predict", sortOptions = false, description = "Classifies images (JPEG, PNG, BMP, GIF or WebP of any size) or sentences.",
        footer = {
            "", "Examples:", "  panatorch predict cat.jpg --checkpoint runs/cifar/model.safetensors",
            "  panatorch predict --text 'a good film' --checkpoint runs/sst2/model.safetensors",
            "  panatorch predict *.png --checkpoint runs/cifar/model.safetensors --mc 50 --json"})
final class PredictCommand implements Callable<Integer> {
    private static final int BATCH = 64;

    @Parameters(arity = "0..*", paramLabel = "FILE",
            description = "images, or folders of them; for networks that take texts, files with one sentence per line")
    private List<Path> files = List.of();

    @Option(names = "--text", paramLabel = "SENTENCE", description = "a sentence, for networks that take texts; may be repeated")
    private List<String> texts = List.of();

    @Option(names = "--checkpoint", paramLabel = "FILE", required = true, description = "weights, as train writes them, or a run's folder")
    private Path checkpoint = Path.of("");

    @Mixin(name = "Checkpoint")
    private CheckpointOptions options = new CheckpointOptions();
    @Mixin(name = "Compute")
    private ComputeOptions compute = new ComputeOptions();

    @Option(names = "--top", paramLabel = "K", defaultValue = "3", description = "classes that are shown; default: ${DEFAULT-VALUE}")
    private int top;

    @Option(names = "--mc", paramLabel = "T", description = "predicts the mean of T passes with dropout on, and its uncertainty")
    private @Nullable Integer mc;

    @Option(names = "--json", description = "print one JSON object per line, with the probabilities of all classes")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /**
     * The prediction for one input, as {@code --json} prints it.
     *
     * @param image the image's file; null for a sentence
     * @param text the sentence; null for an image
     * @param label the likeliest class
     * @param probability its probability
     * @param mutualInformation mutual information of the Monte-Carlo samples in nats; null without {@code --mc}
     * @param probabilities probability of each class, the likeliest first
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Prediction(@Nullable String image, @Nullable String text, String label, double probability,
            @Nullable Double mutualInformation, Map<String, Double> probabilities) {}

    /** The object that {@code --json} prints for a damaged image. */
    private record Damaged(String image, String error) {}

    /**
     * The inputs of a network.
     *
     * @param names how the inputs are called in the output
     * @param batches the inputs
     * @param images the images that {@code batches} reads; null for sentences
     */
    private record Inputs(List<String> names, Batches batches, @Nullable LenientDataset images) {
        @Nullable String damage(int row) { return images == null ? null : images.damage(row); }
    }

    @Override public Integer call() throws IOException {
        OptionCheck.atLeast("--top", top, 1);
        OptionCheck.atLeast("--mc", mc, 2);
        if (files.isEmpty() && texts.isEmpty()) throw new InputException("predict needs an image, or with --text a sentence");
        OptionDependency.check(spec, OptionDependency.of(mc));
        options.check();
        compute.check();
        try (var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(checkpoint);
            CheckpointPlan plan = options.resolve(weights);
            boolean reads = plan.model().readsTexts();
            if (!reads && !texts.isEmpty())
                throw new InputException("--text is for networks that take texts, and " + plan.model() + " takes images");
            Inputs in = reads ? sentences(weights.file()) : images(preparation(weights, plan));
            List<String> known = weights.classNames(),
                    names = known != null ? known : IntStream.range(0, weights.classes()).mapToObj(Integer::toString).toList();
            ComputePlan place = compute.resolve();
            Precision precision = plan.precision().resolve(place.device());
            try (Classifier network = plan.network(weights, names.size(), place.device())) {
                network.eval();
                Torch.manualSeed(place.seed());
                Integer samples = mc;
                Predictions.Predictor predictor =
                        samples == null ? Predictions.PLAIN : Predictions.monteCarlo(network, samples, plan.dropoutP());
                predict(in, reads, network, predictor, names, place.device(), precision);
            }
            return in.images != null && in.images.anyDamage() ? ExitStatus.WRONG_CALL : 0;
        }
    }

    private Inputs images(Preparation p) throws IOException {
        List<Path> images = ImageFiles.of(files);
        var readable = new LenientDataset(ImageFolder.unlabelled(images, Framing.center(p.side()), ChannelStats.IMAGENET));
        var loader = DataLoader.of(readable, BATCH).transform(p.testing()).build();
        return new Inputs(images.stream().map(Path::toString).toList(), loader, readable);
    }

    private Inputs sentences(Path weights) {
        var sentences = new ArrayList<>(texts);
        for (Path file : files) {
            if (!Files.exists(file)) throw new InputException("there is no file " + file + "; a sentence is given by --text");
            try (Stream<String> lines = Files.lines(file)) {
                lines.filter(l -> !l.isBlank()).forEach(sentences::add);
            } catch (IOException | UncheckedIOException e) {
                throw new InputException("the sentences of " + file + " cannot be read: "
                        + (e instanceof IOException io ? InputException.reason(io) : "it is not UTF-8 text"), e);
            }
        }
        if (sentences.isEmpty()) throw new InputException("there are no sentences in " + files.getFirst());
        Tensor tokens = Sst2.tokens(sentences, weights);
        return new Inputs(sentences, Batches.of(tokens, tokens, BATCH), null);
    }

    private Preparation preparation(Checkpoint weights, CheckpointPlan plan) {
        Preparation known = weights.preparation();
        NormalizationName normalize = plan.normalize();
        ModelName model = plan.model();
        if (known == null && normalize == null)
            throw new InputException(
                    "--normalize is needed, because the checkpoint " + checkpoint + " does not say how its images were normalised");
        if (known == null) known = new Preparation(model.channels(), model.side(), new double[0], new double[0]);
        return normalize == null ? known : normalize.in(known);
    }

    private void predict(Inputs in, boolean texts, Classifier network, Predictions.Predictor predictor, List<String> names, Device place,
            Precision precision) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        int row = 0;
        try (var epoch = in.batches.epoch(1, 0)) {
            while (epoch.hasNext() && !out.checkError()) { // stop when the reader of the pipe has left
                try (var batch = epoch.next(); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                    Predictions.Predictor.Output output;
                    Tensor input = TestLoop.channelsLast(batch.input().to(place));
                    try (var cast = precision.enter(place)) {
                        output = predictor.of(network, input);
                    }
                    double[] probabilities = output.logits().to(DType.FLOAT64).softmax(1).flatten().toDoubleArray();
                    Tensor information = output.information();
                    double[] unsure = information == null ? null : information.to(DType.FLOAT64).toDoubleArray();
                    for (int i = 0; i < input.size(0); i++, row++) {
                        String damage = in.damage(row);
                        if (damage != null) reportDamage(in.names.get(row), damage, out);
                        else tell(prediction(in.names.get(row), texts, probabilities, i, names, unsure), out);
                    }
                }
            }
        }
        out.flush();
    }

    private static Prediction prediction(String name, boolean text, double[] all, int row, List<String> names, double @Nullable [] unsure) {
        var probabilities = new LinkedHashMap<String, Double>();
        IntStream.range(0, names.size()).boxed().sorted((a, b) -> Double.compare(all[row * names.size() + b], all[row * names.size() + a]))
                .forEach(c -> probabilities.put(names.get(c), all[row * names.size() + c]));
        var best = probabilities.entrySet().iterator().next();
        return new Prediction(text ? null : name, text ? name : null, best.getKey(), best.getValue(), unsure == null ? null : unsure[row],
                probabilities);
    }

    private void reportDamage(String image, String damage, PrintWriter out) throws IOException {
        if (json) out.println(Json.LINE.writeValueAsString(new Damaged(image, damage)));
        spec.commandLine().getErr().println("panatorch: " + Printable.line(damage));
    }

    private void tell(Prediction p, PrintWriter out) throws IOException {
        if (json) {
            out.println(Json.LINE.writeValueAsString(p));
            return;
        }
        out.print(Printable.line(String.valueOf(p.image != null ? p.image : p.text)) + " ");
        p.probabilities.entrySet().stream().limit(top)
                .forEach(e -> out.printf(Locale.ROOT, "  %s %.1f %%", Printable.line(e.getKey()), 100 * e.getValue()));
        if (p.mutualInformation != null) out.printf(Locale.ROOT, "  mutual information %.3f", p.mutualInformation);
        out.println();
    }
}
