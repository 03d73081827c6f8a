package panatorch.apps;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.PrintWriter;
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
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.amp.Precision;
import panatorch.datasets.ChannelStats;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Framing;
import panatorch.datasets.ImageFolder;
import panatorch.models.Classifier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code panatorch predict}. */
@Command(name = "predict", description = "Says what is on images: JPEG, PNG, BMP, GIF or WebP of any size.", footer = {
        "", "Examples:", "  panatorch predict cat.jpg --checkpoint runs/cifar/model.safetensors",
        "  panatorch predict *.png --checkpoint runs/cifar/model.safetensors --mc 50 --json"})
final class PredictCommand implements Callable<Integer> {
    private static final int BATCH = 64;

    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "files, or folders of them")
    private List<Path> images;

    @Option(names = "--checkpoint", paramLabel = "FILE", required = true, description = "weights, as train writes them")
    private Path checkpoint;

    @Option(names = "--model", paramLabel = "NAME", description = "default: what the checkpoint says")
    private @Nullable ModelName model;

    @Option(names = "--normalize", paramLabel = "NAME", description = "${COMPLETION-CANDIDATES}; default: what the checkpoint says")
    private @Nullable NormalizationName normalize;

    @Option(names = "--top", paramLabel = "K", defaultValue = "3", description = "classes that are shown; default: ${DEFAULT-VALUE}")
    private int top;

    @Option(names = "--mc", paramLabel = "T", description = "the mean of T predictions with dropout on, and how unsure they are")
    private @Nullable Integer mc;

    @Option(names = "--dropout-p", paramLabel = "P", description = "of --mc: drop probability in front of the head; default: what the checkpoint says")
    private @Nullable Double dropoutP;

    @Option(names = "--device", paramLabel = "NAME", defaultValue = "auto", description = "${COMPLETION-CANDIDATES}; default: ${DEFAULT-VALUE}, a GPU if there is one")
    private DeviceName device;

    @Option(names = "--json", description = "print one JSON object a line, with the probabilities of all classes")
    private boolean json;

    @Spec private CommandSpec spec;

    /** @param mutualInformation in nats; null without --mc */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Prediction(String image, String label, double probability, @Nullable Double mutualInformation, Map<String, Double> probabilities) {}

    @Override public Integer call() throws IOException {
        Check.atLeast("--top", top, 1);
        Check.atLeast("--mc", mc, 2);
        if (dropoutP != null) Check.between("--dropout-p", dropoutP, 0, 1);
        List<Path> files = files();
        try (var scope = Scope.open()) {
            Checkpoint weights = Checkpoint.read(checkpoint);
            ModelName kind = weights.or(model, "model", ModelName.values(), "--model");
            if (kind.readsTexts()) throw new InputException("predict is for images, and " + kind + " takes texts");
            Preparation p = preparation(weights, kind);
            List<String> told = weights.classNames();
            Device place = device.resolve();
            Precision precision = weights.precision(null).resolve(place);
            List<String> names = told != null ? told : IntStream.range(0, weights.classes()).mapToObj(Integer::toString).toList();
            try (Classifier network = kind.create(names.size())) {
                weights.loadInto(network, kind);
                network.to(place, null, Testing.FORMAT).eval();
                Integer samples = mc;
                Predictions.Predictor predictor = samples == null ? Predictions.PLAIN : Predictions.monteCarlo(network, samples, dropoutP != null ? dropoutP : weights.dropoutP());
                predict(files, network, predictor, p, names, place, precision);
            }
        }
        return 0;
    }

    private List<Path> files() throws IOException {
        var files = new ArrayList<Path>();
        for (Path p : images) {
            if (Files.isRegularFile(p)) files.add(p);
            else if (!Files.isDirectory(p)) throw new InputException("there is no image " + p);
            else try (Stream<Path> inside = Files.walk(p)) {
                inside.filter(f -> Files.isRegularFile(f) && f.getFileName().toString().toLowerCase(Locale.ROOT).matches(".*\\.(jpe?g|png|bmp|gif|webp)")).sorted().forEach(files::add);
            }
        }
        if (files.isEmpty()) throw new InputException("there are no images in " + images.getFirst());
        return files;
    }

    private Preparation preparation(Checkpoint weights, ModelName kind) {
        Preparation known = weights.preparation();
        if (known == null && normalize == null) throw new InputException("--normalize is needed, because the checkpoint " + checkpoint + " does not say how its images were normalised");
        if (known == null) known = new Preparation(kind.channels(), kind.side(), new double[0], new double[0]);
        return normalize == null ? known : normalize.in(known);
    }

    private void predict(List<Path> files, Classifier network, Predictions.Predictor predictor, Preparation p, List<String> names, Device place, Precision precision) throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        var loader = DataLoader.of(ImageFolder.unlabelled(files, Framing.center(p.side()), ChannelStats.IMAGENET), BATCH).transform(p.testing()).build();
        int row = 0;
        try (var epoch = loader.epoch(0)) {
            for (var batch : epoch) {
                try (batch; var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                    Predictions.Predictor.Said said;
                    Tensor input = batch.images().to(place).contiguous(Testing.FORMAT);
                    try (var cast = precision.enter(place)) {
                        said = predictor.of(network, input);
                    }
                    double[] probabilities = said.logits().to(panatorch.DType.FLOAT64).softmax(1).flatten().toDoubleArray();
                    Tensor information = said.information();
                    double[] unsure = information == null ? null : information.to(panatorch.DType.FLOAT64).toDoubleArray();
                    for (int i = 0; i < batch.size(); i++) tell(prediction(files.get(row++), probabilities, i, names, unsure), out);
                }
            }
        }
        out.flush();
    }

    private static Prediction prediction(Path file, double[] all, int row, List<String> names, double @Nullable [] unsure) {
        var probabilities = new LinkedHashMap<String, Double>();
        IntStream.range(0, names.size()).boxed().sorted((a, b) -> Double.compare(all[row * names.size() + b], all[row * names.size() + a])).forEach(c -> probabilities.put(names.get(c), all[row * names.size() + c]));
        var best = probabilities.entrySet().iterator().next();
        return new Prediction(file.toString(), best.getKey(), best.getValue(), unsure == null ? null : unsure[row], probabilities);
    }

    private void tell(Prediction p, PrintWriter out) throws IOException {
        if (json) {
            out.println(Metrics.JSON_LINE.writeValueAsString(p));
            return;
        }
        out.print(p.image + " ");
        p.probabilities.entrySet().stream().limit(top).forEach(e -> out.printf(Locale.ROOT, "  %s %.1f %%", e.getKey(), 100 * e.getValue()));
        if (p.mutualInformation != null) out.printf(Locale.ROOT, "  mutual information %.3f", p.mutualInformation);
        out.println();
    }
}
