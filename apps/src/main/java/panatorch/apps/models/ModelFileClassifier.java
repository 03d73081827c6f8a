package panatorch.apps.models;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import panatorch.apps.options.DataPlan;
import panatorch.datasets.Dataset;
import panatorch.datasets.pretrained.Preprocessing;
import panatorch.datasets.text.PretrainedTokenizer;
import panatorch.datasets.transforms.Transform;
import panatorch.nn.Module;

/**
 * A model file as a classifier of a data set: a module from images or tokens to logits, the data set as the model needs it, and the
 * preparation of its batches. The model stays the caller's.
 */
public final class ModelFileClassifier extends Module {
    private final LoadedModel model;
    private final Dataset test;
    private final Transform preparation;
    private final @Nullable List<String> labels;
    /** The id that fills up texts; −1 for images. */
    private final int padding;
    private final int batch;
    private final long[] columns;

    private ModelFileClassifier(LoadedModel model, Dataset test, Transform preparation, @Nullable List<String> labels, int padding) {
        columns = columns(labels, test.classNames());
        if (labels != null && columns.length == 0 && labels.size() != test.classes()) {
            test.close();
            throw otherClasses(labels.size(), test);
        }
        this.model = model;
        this.test = test;
        this.preparation = preparation;
        this.labels = labels;
        this.padding = padding;
        batch = model.inputs().isEmpty() ? -1 : (int) model.inputs().getFirst().size(0);
    }

    /**
     * Opens a data set for a model.
     *
     * @throws InputException if the model cannot take the items, or nothing says how they become inputs
     */
    public static ModelFileClassifier of(LoadedModel model, Companions companions, DataPlan data, Path file) {
        if (data.dataset().hasTexts()) {
            var tokenizer = companions.tokenizer();
            if (tokenizer == null) throw new InputException("there is no tokenizer in " + file + "; --tokenizer names a tokenizer.json");
            int padding = companions.fact("pad_token_id", 0), length = companions.fact("max_length", 512);
            Dataset test = data.dataset().test(data.folder(), new PretrainedTokenizer(tokenizer, padding), length);
            return new ModelFileClassifier(model, test, (tokens, generator) -> tokens, companions.labels(), padding);
        }
        Preprocessing p = companions.preprocessing();
        if (p == null)
            throw new InputException("nothing says how images become inputs of " + file + "; --preprocessing names a configuration");
        InputBatches.checkImages(model, p);
        Dataset test = data.damaged().over(data.dataset().test(data.folder(), p.framing()));
        long[] shape = test.imageShape();
        boolean framed = shape[0] == 3 && shape[1] == p.height() && shape[2] == p.width() && data.framesImages();
        return new ModelFileClassifier(model, test, framed ? p.normalizing() : (images, generator) -> p.apply(images), companions.labels(),
                -1);
    }

    /** Returns the test set, which the caller closes. */
    public Dataset test() { return test; }

    /** Returns what makes a batch of the set the model's input. */
    public Transform preparation() { return preparation; }

    /** Returns the labels of the classes that are compared, or null if the model has none. */
    public @Nullable List<String> labels() {
        return columns.length > 0 ? test.classNames() : labels;
    }

    /**
     * Returns the logits of a batch, of the set's classes if all their names are among the model's labels. A batch that is smaller than the
     * model's fixed batch is filled up for the run.
     *
     * @param input images float32 {@code [N, 3, H, W]} or tokens int64 {@code [N, L]}
     */
    @Override public Tensor forward(Tensor input) {
        if (batch <= 0 || batch == input.size(0)) return logits(input);
        try (var scope = Scope.open()) {
            var parts = new java.util.ArrayList<Tensor>();
            for (long from = 0; from < input.size(0); from += batch) {
                long n = Math.min(batch, input.size(0) - from);
                Tensor part = input.narrow(0, from, n);
                if (n < batch) part = Aten.cat(List.of(part, part.narrow(0, 0, 1).expand(batch - n, -1, -1, -1)));
                parts.add(logits(part).narrow(0, 0, n));
            }
            return scope.move(Aten.cat(parts));
        }
    }

    private Tensor logits(Tensor input) {
        Map<String, Tensor> outputs = model.run(padding < 0 ? InputBatches.ofImages(model, input.contiguous()) : texts(input));
        Tensor logits = OutputReader.logits(outputs);
        if (logits == null || logits.dim() != 2)
            throw new InputException("the model's output is not one of classes, [N, C], but "
                    + (logits == null ? "nothing" : logits.describe()));
        if (columns.length > 0) return logits.indexSelect(1, Torch.tensor(columns, columns.length).to(logits.device()));
        if (logits.size(1) != test.classes()) throw otherClasses(logits.size(1), test);
        return logits;
    }

    private static InputException otherClasses(long classes, Dataset test) {
        return new InputException("the model has " + classes + " classes, and the data set " + test.classes()
                + ", whose names are not all among the model's labels");
    }

    /**
     * Returns the places of the set's classes among the model's, where their names tell; empty if they do not, or are in the same order.
     */
    private static long[] columns(@Nullable List<String> labels, List<String> classes) {
        if (labels == null || labels.equals(classes) || !labels.containsAll(classes)) return new long[0];
        return classes.stream().mapToLong(labels::indexOf).toArray();
    }

    private Map<String, Tensor> texts(Tensor tokens) {
        var inputs = new LinkedHashMap<String, Tensor>();
        for (LoadedModel.Input in : model.inputs()) inputs.put(in.name(), switch (in.name()) {
            case "attention_mask" -> tokens.ne(padding).to(DType.INT64);
            case "token_type_ids" -> tokens.zerosLike();
            default -> {
                if (inputs.containsValue(tokens))
                    throw new InputException("the model's input " + in + " cannot be made of a text");
                yield tokens;
            }
        });
        return inputs;
    }
}
