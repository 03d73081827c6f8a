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

/** {@code panatorch predict}. */
@Command(name = "predict", sortOptions = false, description = "Says what is on images (JPEG, PNG, BMP, GIF or WebP of any size), or what sentences are.", footer = {
        "", "Examples:", "  panatorch predict cat.jpg --checkpoint runs/cifar/model.safetensors",
        "  panatorch predict --text 'a good film' --checkpoint runs/sst2/model.safetensors",
        "  panatorch predict *.png --checkpoint runs/cifar/model.safetensors --mc 50 --json"})
final class PredictCommand implements Callable<Integer> {
    private static final int BATCH = 64;

    @Parameters(arity = "0..*", paramLabel = "FILE", description = "images, or folders of them; for networks that take texts, files with a sentence a line")
    private List<Path> files = List.of();

    @Option(names = "--text", paramLabel = "SENTENCE", description = "a sentence, for networks that take texts; may be given several times")
    private List<String> texts = List.of();

    @Option(names = "--checkpoint", paramLabel = "FILE", required = true, description = "weights, as train writes them, or a run's folder")
    private Path checkpoint;

    @Mixin(name = "Checkpoint") private CheckpointOptions options = new CheckpointOptions();
    @Mixin(name = "Compute") private ComputeOptions compute = new ComputeOptions();

    @Option(names = "--top", paramLabel = "K", defaultValue = "3", description = "classes that are shown; default: ${DEFAULT-VALUE}")
    private int top;

    @Option(names = "--mc", paramLabel = "T", description = "the mean of T predictions with dropout on, and how unsure they are")
    private @Nullable Integer mc;

    @Option(names = "--json", description = "print one JSON object a line, with the probabilities of all classes")
    private boolean json;

    @Spec private CommandSpec spec;

    /** @param image its file, or null; @param text the sentence, or null; @param mutualInformation in nats; null without --mc */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Prediction(@Nullable String image, @Nullable String text, String label, double probability, @Nullable Double mutualInformation, Map<String, Double> probabilities) {}

    /** What {@code --json} prints in its place. */
    private record Damaged(String image, String error) {}

    /** Inputs of a network, and how they are called. @param images null of sentences */
    private record Inputs(List<String> names, Batches batches, @Nullable Readable images) {
        @Nullable String damage(int row) { return images == null ? null : images.damage(row); }
    }

    @Override public Integer call() throws IOException {
        Check.atLeast("--top", top, 1);
        Check.atLeast("--mc", mc, 2);
        if (files.isEmpty() && texts.isEmpty()) throw new InputException("predict needs an image, or with --text a sentence");
        Effect.check(spec, Effect.of(mc));
        options.check();
        compute.check();
        try (var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(checkpoint);
            options.resolve(weights);
            boolean reads = options.model().readsTexts();
            if (!reads && !texts.isEmpty()) throw new InputException("--text is for networks that take texts, and " + options.model() + " takes images");
            Inputs in = reads ? sentences(weights.file()) : images(preparation(weights));
            List<String> told = weights.classNames(), names = told != null ? told : IntStream.range(0, weights.classes()).mapToObj(Integer::toString).toList();
            Device place = compute.resolve();
            Precision precision = options.precision().resolve(place);
            try (Classifier network = options.network(weights, names.size(), place)) {
                network.eval();
                Torch.manualSeed(compute.seed);
                Integer samples = mc;
                Predictions.Predictor predictor = samples == null ? Predictions.PLAIN : Predictions.monteCarlo(network, samples, options.dropoutP());
                predict(in, reads, network, predictor, names, place, precision);
            }
            return in.images != null && in.images.anyDamage() ? Panatorch.FAILURE : 0;
        }
    }

    private Inputs images(Preparation p) throws IOException {
        List<Path> images = imageFiles();
        var readable = new Readable(ImageFolder.unlabelled(images, Framing.center(p.side()), ChannelStats.IMAGENET));
        var loader = DataLoader.of(readable, BATCH).transform(p.testing()).build();
        return new Inputs(images.stream().map(Path::toString).toList(), loader, readable);
    }

    private List<Path> imageFiles() throws IOException {
        var images = new ArrayList<Path>();
        for (Path p : files) {
            if (Files.isRegularFile(p)) images.add(p);
            else if (!Files.isDirectory(p)) throw new InputException("there is no image " + p);
            else try (Stream<Path> inside = Files.walk(p)) {
                inside.filter(f -> Files.isRegularFile(f) && f.getFileName().toString().toLowerCase(Locale.ROOT).matches(".*\\.(jpe?g|png|bmp|gif|webp)")).sorted().forEach(images::add);
            }
        }
        if (images.isEmpty()) throw new InputException("there are no images in " + files.getFirst());
        return images;
    }

    private Inputs sentences(Path weights) {
        var sentences = new ArrayList<>(texts);
        for (Path file : files) {
            if (!Files.exists(file)) throw new InputException("there is no file " + file + "; a sentence is given by --text");
            try (Stream<String> lines = Files.lines(file)) {
                lines.filter(l -> !l.isBlank()).forEach(sentences::add);
            } catch (IOException | UncheckedIOException e) {
                throw new InputException("the sentences of " + file + " cannot be read: " + (e instanceof IOException io ? InputException.reason(io) : "it is no text in UTF-8"), e);
            }
        }
        if (sentences.isEmpty()) throw new InputException("there are no sentences in " + files.getFirst());
        Tensor tokens = Texts.tokens(sentences, weights);
        return new Inputs(sentences, Batches.of(tokens, tokens, BATCH), null);
    }

    private Preparation preparation(Checkpoint weights) {
        Preparation known = weights.preparation();
        NormalizationName normalize = options.normalize;
        ModelName model = options.model();
        if (known == null && normalize == null) throw new InputException("--normalize is needed, because the checkpoint " + checkpoint + " does not say how its images were normalised");
        if (known == null) known = new Preparation(model.channels(), model.side(), new double[0], new double[0]);
        return normalize == null ? known : normalize.in(known);
    }

    private void predict(Inputs in, boolean texts, Classifier network, Predictions.Predictor predictor, List<String> names, Device place, Precision precision) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        int row = 0;
        try (var epoch = in.batches.epoch(1, 0)) {
            while (epoch.hasNext() && !out.checkError()) { // nobody reads the rest if the reader of a pipe has left
                try (var batch = epoch.next(); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                    Predictions.Predictor.Said said;
                    Tensor input = Testing.formed(batch.input().to(place));
                    try (var cast = precision.enter(place)) {
                        said = predictor.of(network, input);
                    }
                    double[] probabilities = said.logits().to(DType.FLOAT64).softmax(1).flatten().toDoubleArray();
                    Tensor information = said.information();
                    double[] unsure = information == null ? null : information.to(DType.FLOAT64).toDoubleArray();
                    for (int i = 0; i < input.size(0); i++, row++) {
                        String damage = in.damage(row);
                        if (damage != null) complain(in.names.get(row), damage, out);
                        else tell(prediction(in.names.get(row), texts, probabilities, i, names, unsure), out);
                    }
                }
            }
        }
        out.flush();
    }

    private static Prediction prediction(String name, boolean text, double[] all, int row, List<String> names, double @Nullable [] unsure) {
        var probabilities = new LinkedHashMap<String, Double>();
        IntStream.range(0, names.size()).boxed().sorted((a, b) -> Double.compare(all[row * names.size() + b], all[row * names.size() + a])).forEach(c -> probabilities.put(names.get(c), all[row * names.size() + c]));
        var best = probabilities.entrySet().iterator().next();
        return new Prediction(text ? null : name, text ? name : null, best.getKey(), best.getValue(), unsure == null ? null : unsure[row], probabilities);
    }

    private void complain(String image, String damage, PrintWriter out) throws IOException {
        if (json) out.println(Metrics.JSON_LINE.writeValueAsString(new Damaged(image, damage)));
        spec.commandLine().getErr().println("panatorch: " + Printable.line(damage));
    }

    private void tell(Prediction p, PrintWriter out) throws IOException {
        if (json) {
            out.println(Metrics.JSON_LINE.writeValueAsString(p));
            return;
        }
        out.print(Printable.line(String.valueOf(p.image != null ? p.image : p.text)) + " ");
        p.probabilities.entrySet().stream().limit(top).forEach(e -> out.printf(Locale.ROOT, "  %s %.1f %%", Printable.line(e.getKey()), 100 * e.getValue()));
        if (p.mutualInformation != null) out.printf(Locale.ROOT, "  mutual information %.3f", p.mutualInformation);
        out.println();
    }
}
