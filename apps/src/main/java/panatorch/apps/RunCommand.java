package panatorch.apps;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.apps.console.Counted;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.console.Printable;
import panatorch.apps.models.Companions;
import panatorch.apps.models.InputBatches;
import panatorch.apps.models.InputBatches.TextReader;
import panatorch.apps.models.LoadedModel;
import panatorch.apps.models.ModelKind;
import panatorch.apps.models.ModelPlan;
import panatorch.apps.models.OutputReader;
import panatorch.apps.models.Prediction;
import panatorch.apps.models.TensorFile;
import panatorch.apps.models.Types;
import panatorch.apps.options.ComputeOptions;
import panatorch.apps.options.ComputePlan;
import panatorch.apps.options.ModelFileOptions;
import panatorch.apps.options.OptionCheck;
import panatorch.datasets.pretrained.Preprocessing;
import panatorch.text.Encoding;
import panatorch.text.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch run}. */
@Command(name = "run", sortOptions = false,
        description = "Runs a model that Python exported (.pt2 of torch.export, .ts of TorchScript) on images, texts or tensors.",
        footer = {
            "", "Examples:", "  panatorch run resnet18.pt2 cat.jpg dog.jpg --top 3", "  panatorch run bert.pt2 --text 'a good film'",
            "  panatorch run model.pt2 --inputs in.safetensors --outputs out.npz"})
final class RunCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "MODEL", description = "a file of torch.export.save or torch.jit.save")
    private Path file = Path.of("");

    @Parameters(index = "1..*", arity = "0..*", paramLabel = "IMAGE",
            description = "images (JPEG, PNG, BMP, GIF or WebP), or folders of them")
    private List<Path> images = List.of();

    @Option(names = "--text", paramLabel = "TEXT", description = "a text, for models that take texts; may be repeated")
    private List<String> texts = List.of();

    @Option(names = "--inputs", paramLabel = "FILE",
            description = "tensors by the names of the model's inputs, or in0, in1 and so on by their places: .safetensors or .npz")
    private @Nullable Path inputs;

    @Option(names = "--outputs", paramLabel = "FILE", description = "file for all outputs by their names: .safetensors or .npz")
    private @Nullable Path outputs;

    @Option(names = "--top", paramLabel = "K", defaultValue = "5", description = "classes that are shown; default: ${DEFAULT-VALUE}")
    private int top;

    @Mixin(name = "Model")
    private ModelFileOptions options = new ModelFileOptions();
    @Mixin(name = "Compute")
    private ComputeOptions compute = new ComputeOptions();

    @Option(names = "--json", description = "print one JSON object per line")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** The outputs of all batches, which become one file. */
    private final Map<String, List<Tensor>> kept = new LinkedHashMap<>();

    /**
     * The result for one image or text, as {@code --json} prints it.
     *
     * @param predictions the predictions; null if the outputs are none
     * @param outputs types and shapes of the outputs where they are no predictions; null otherwise
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    private record Result(@Nullable String image, @Nullable String text, @Nullable List<Prediction> predictions,
            @Nullable Map<String, String> outputs) {}

    /** The object that {@code --json} prints for a run on a file of tensors. */
    private record FileResult(String file, Map<String, String> outputs) {}

    @Override public Integer call() throws IOException {
        checkOptions();
        Path in = inputs, out = outputs;
        if (out != null) TensorFile.check(out);
        try (var scope = Scope.open()) {
            ComputePlan place = compute.resolve();
            Torch.manualSeed(place.seed());
            var plan = new ModelPlan(options.program(), options.weights(), place.device(), options.optimize());
            try (LoadedModel model = ModelKind.open(file, plan)) {
                if (!json) model.report().forEach(line -> spec.commandLine().getOut().println(line));
                if (in != null && out != null) runFile(model, place, in, out);
                else if (texts.isEmpty()) runImages(model, place);
                else runTexts(model, place);
            }
            spec.commandLine().getOut().flush();
            return 0;
        } finally {
            kept.values().forEach(parts -> parts.forEach(Tensor::close));
        }
    }

    private void checkOptions() {
        OptionCheck.atLeast("--top", top, 1);
        compute.check();
        boolean tensors = inputs != null;
        if (tensors && (!images.isEmpty() || !texts.isEmpty()))
            throw new InputException("--inputs has all that the model takes; leave out " + (texts.isEmpty() ? "the images" : "--text"));
        if (!images.isEmpty() && !texts.isEmpty()) throw new InputException("run takes images or texts, and both were given");
        if (tensors && outputs == null) throw new InputException("--inputs needs --outputs, the file that is written");
        if (!tensors && images.isEmpty() && texts.isEmpty())
            throw new InputException("run needs an image, a text (--text), or a file of tensors (--inputs); panatorch inspect " + file
                    + " shows what the model takes");
    }

    // ---- tensors

    private void runFile(LoadedModel model, ComputePlan place, Path in, Path out) throws IOException {
        Map<String, Tensor> given = TensorFile.named(TensorFile.read(in), model.inputs(), in);
        Map<String, Tensor> results = model.run(on(place, given));
        TensorFile.write(out, results);
        PrintWriter to = spec.commandLine().getOut();
        if (json) to.println(Json.LINE.writeValueAsString(new FileResult(out.toString(), shapes(results))));
        else {
            shapes(results).forEach((name, shape) -> to.println(Printable.line(name) + "  " + shape));
            to.println("written to " + out);
        }
    }

    private static Map<String, Tensor> on(ComputePlan place, Map<String, Tensor> given) {
        var there = new LinkedHashMap<String, Tensor>();
        given.forEach((name, t) -> there.put(name, t.to(place.device())));
        return there;
    }

    private static Map<String, String> shapes(Map<String, Tensor> tensors) {
        var shapes = new LinkedHashMap<String, String>();
        tensors.forEach((name, t) -> shapes.put(name, Types.name(t.dtype()) + " " + Arrays.toString(t.shape())));
        return shapes;
    }

    // ---- images and texts

    private void runImages(LoadedModel model, ComputePlan place) throws IOException {
        List<Path> files = ImageFiles.of(images);
        var companions = new Companions(model, options.companions());
        Preprocessing p = companions.preprocessing();
        if (p == null)
            throw new InputException("nothing says how images become inputs of " + file + ", which takes " + model.described()
                    + "; --preprocessing names a configuration, or --inputs a file of tensors");
        InputBatches.checkImages(model, p);
        var reader = new OutputReader(companions.labels(), null, top);
        int size = InputBatches.size(model, files.size());
        for (int from = 0; from < files.size(); from += size) {
            List<Path> some = files.subList(from, Math.min(from + size, files.size()));
            try (var scope = Scope.open()) {
                Map<String, Tensor> results = model.run(on(place, read(model, p, some)));
                for (int i = 0; i < some.size(); i++) tell(some.get(i).toString(), null, results, reader, i, null);
                keep(results);
            }
        }
        writeKept();
    }

    private static Map<String, Tensor> read(LoadedModel model, Preprocessing p, List<Path> some) {
        try {
            return InputBatches.ofImages(model, p, some);
        } catch (IOException e) {
            throw new InputException(InputException.reason(e), e);
        }
    }

    private void runTexts(LoadedModel model, ComputePlan place) throws IOException {
        var companions = new Companions(model, options.companions());
        Tokenizer tokenizer = companions.tokenizer();
        if (tokenizer == null)
            throw new InputException("there is no tokenizer in " + file + ", which takes " + model.described()
                    + "; --tokenizer names a tokenizer.json, or --inputs a file of tensors");
        if (model.inputs().isEmpty()) throw new InputException("the model takes no inputs, and so no text");
        TextReader texts = TextReader.of(model, tokenizer, companions);
        var reader = new OutputReader(companions.labels(), tokenizer, top);
        int size = InputBatches.textsAtOnce(model, this.texts.size());
        for (int from = 0; from < this.texts.size(); from += size) {
            List<String> some = this.texts.subList(from, Math.min(from + size, this.texts.size()));
            List<Encoding> encodings = texts.read(some);
            try (var scope = Scope.open()) {
                Map<String, Tensor> results = model.run(on(place, InputBatches.ofTexts(model, encodings)));
                for (int i = 0; i < some.size(); i++) tell(null, some.get(i), results, reader, i, encodings.get(i));
                keep(results);
            }
        }
        writeKept();
    }

    private void tell(@Nullable String image, @Nullable String text, Map<String, Tensor> results, OutputReader reader, int row,
            @Nullable Encoding encoding) throws IOException {
        PrintWriter to = spec.commandLine().getOut();
        List<Prediction> predictions = reader.of(results, row, encoding);
        boolean none = predictions.isEmpty();
        if (json) {
            to.println(Json.LINE.writeValueAsString(new Result(image, text, none ? null : predictions, none ? shapes(results) : null)));
            return;
        }
        String name = Printable.line(String.valueOf(image != null ? image : text));
        if (none) {
            to.println(name + "  no predictions of classes: " + String.join(", ", shapes(results).entrySet().stream()
                    .map(e -> Printable.line(e.getKey()) + " " + e.getValue()).toList())
                    + (outputs == null ? "; --outputs FILE keeps them" : ""));
        } else if (predictions.size() == 1 && predictions.getFirst().token() == null) {
            to.println(name + " " + predictions.getFirst());
        } else {
            to.println(name);
            for (Prediction p : predictions) to.println("  " + p);
        }
    }

    private void keep(Map<String, Tensor> results) {
        if (outputs != null) results.forEach((name, t) -> kept.computeIfAbsent(name, _ -> new ArrayList<>()).add(t.escape()));
    }

    /** Writes the outputs of all batches, one after the other, if the user wants them. */
    private void writeKept() throws IOException {
        Path out = outputs;
        if (out == null) return;
        try (var scope = Scope.open()) {
            var whole = new LinkedHashMap<String, Tensor>();
            kept.forEach((name, parts) -> whole.put(name, parts.size() == 1 ? parts.getFirst() : joined(name, parts)));
            TensorFile.write(out, whole);
            if (!json) spec.commandLine().getOut().println(Counted.of(whole.size(), "output") + " written to " + out);
        }
    }

    private static Tensor joined(String name, List<Tensor> parts) {
        Tensor first = parts.getFirst();
        for (Tensor t : parts)
            if (t.dim() == 0 || t.dim() != first.dim()
                    || !Arrays.equals(t.shape(), 1, (int) t.dim(), first.shape(), 1, (int) first.dim()))
                throw new InputException("the output '" + name + "' has another shape in each batch, so that they cannot be one tensor; "
                        + "pass fewer inputs at a time");
        return Aten.cat(parts);
    }
}
