package panatorch.apps;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.datasets.Dataset;
import panatorch.models.Classifier;
import panatorch.serialize.Checkpoints;
import panatorch.serialize.StateDicts;
import panatorch.serialize.Weights;
import panatorch.train.Checkpointing;

/** Weights read from a file of any kind, of which only safetensors files say what they are; they live until the current scope ends. */
record Checkpoint(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    /** Also the model of a run's {@code last.ckpt}, and the best weights of its folder. What a file of a run does not say of itself, the run's {@code config.json} does. */
    static Checkpoint read(Path named) {
        Path file = file(named);
        try {
            if (file.toString().endsWith(".ckpt")) return new Checkpoint(file, model(file), ConfigFile.weights(file));
            Weights content = StateDicts.read(file);
            return new Checkpoint(file, content.tensors(), content.metadata().containsKey("model") ? content.metadata() : ConfigFile.weights(file));
        } catch (IOException e) {
            throw new InputException("the checkpoint cannot be read: " + InputException.reason(e), e);
        }
    }

    /** The file itself, or the best one of a run's folder. */
    static Path file(Path named) {
        if (!Files.isDirectory(named)) return named;
        List<String> kinds = List.of(Checkpointing.BEST, Run.WEIGHTS, Checkpointing.LAST);
        return kinds.stream().map(named::resolve).filter(Files::isRegularFile).findFirst()
                .orElseThrow(() -> new InputException("there are no weights in the folder " + named + ": it has no " + String.join(", no ", kinds)));
    }

    private static Map<String, Tensor> model(Path file) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        if (Checkpoints.read(file).get("model") instanceof Map<?, ?> model) model.forEach((name, t) -> { if (t instanceof Tensor tensor) tensors.put((String) name, tensor); });
        if (tensors.isEmpty()) throw new InputException("the checkpoint " + file + " holds no model");
        return tensors;
    }

    // ---- what a file says of itself

    /** What was asked for, or else what the file says about itself. */
    <E extends Enum<E>> E or(@Nullable E asked, String key, E[] values, String option) {
        if (asked != null) return asked;
        String said = metadata.get(key);
        for (E value : values) if (value.toString().equals(said)) return value;
        throw new InputException(option + " is needed, because the checkpoint " + file + (said == null ? " does not name its " + key : " names the unknown " + key + " '" + said + "'"));
    }

    /** Where the run of these weights had its data; null if they are no run's, or of another set than {@code dataset}. */
    @Nullable Path data(DatasetName dataset) { return dataset.toString().equals(metadata.get("dataset")) ? ConfigFile.data(file) : null; }

    /** What was asked for, or what the weights were trained in; what others trained is measured in full precision. */
    PrecisionName precision(@Nullable PrecisionName asked) {
        if (asked != null) return asked;
        return PrecisionName.BF16.toString().equals(metadata.get("precision")) ? PrecisionName.BF16 : PrecisionName.FP32;
    }

    /** The probability with which features were dropped in training; 0 if the file does not say. */
    double dropoutP() {
        try {
            return Double.parseDouble(metadata.getOrDefault("dropout_p", "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** How many classes the last layer tells apart, told by its bias. */
    int classes() {
        Tensor last = tensors.values().stream().filter(t -> t.dim() == 1 && t.dtype().isFloatingPoint()).reduce((a, b) -> b).orElseThrow(() -> new InputException("the checkpoint " + file + " has no layer of classes"));
        return Math.toIntExact(last.numel());
    }

    private static final String CLASSES = "classes", SIDE = "side", CHANNELS = "channels", MEAN = "mean", STD = "std";

    static Map<String, String> describe(Preparation p, List<String> classNames) {
        return Map.of(CLASSES, json(classNames), SIDE, Integer.toString(p.side()), CHANNELS, Integer.toString(p.channels()), MEAN, json(p.mean()), STD, json(p.std()));
    }

    /** The names of the classes; null if the file does not tell them. */
    @Nullable List<String> classNames() { return parsed(CLASSES, new TypeReference<List<String>>() {}); }

    /** How images become inputs; null if the file does not tell. */
    @Nullable Preparation preparation() {
        Integer side = parsed(SIDE, new TypeReference<>() {}), channels = parsed(CHANNELS, new TypeReference<>() {});
        double[] mean = parsed(MEAN, new TypeReference<>() {}), std = parsed(STD, new TypeReference<>() {});
        return side == null || channels == null || mean == null || std == null ? null : new Preparation(channels, side, mean, std);
    }

    /** How the images of a set become inputs of {@code model}: normalised as was asked for, or else as the weights were trained. @throws InputException if it cannot take them */
    Preparation preparation(Dataset set, ModelName model, @Nullable NormalizationName asked) {
        Preparation fitting = Preparation.of(set, model), known = preparation();
        if (fitting.isOfTexts()) return fitting;
        if (asked != null) return asked.in(fitting);
        return known == null || known.channels() != fitting.channels() ? fitting : fitting.normalizedBy(known.mean(), known.std());
    }

    private static String json(Object value) {
        try {
            return Metrics.JSON_LINE.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private <T> @Nullable T parsed(String key, TypeReference<T> type) {
        String text = metadata.get(key);
        if (text == null) return null;
        try {
            return Metrics.JSON_LINE.readValue(text, type);
        } catch (JsonProcessingException e) {
            throw new InputException("the checkpoint " + file + " has the impossible " + key + " '" + text + "'", e);
        }
    }

    // ---- into a network

    /** Copies all weights into {@code model}; the counters that old checkpoints lack may be missing, and masks of training be there, as they do not matter to evaluation. */
    void loadInto(Classifier model, ModelName name) {
        Map<String, Tensor> own = model.stateDict();
        List<String> missing = own.keySet().stream().filter(k -> !tensors.containsKey(k) && !k.endsWith("num_batches_tracked")).toList();
        List<String> unexpected = tensors.keySet().stream().filter(k -> !own.containsKey(k) && !k.endsWith(".masks.bank")).toList();
        List<String> wrong = own.keySet().stream().filter(k -> tensors.containsKey(k) && !Arrays.equals(own.get(k).shape(), tensors.get(k).shape())).toList();
        fit(missing, name, "lacks");
        fit(unexpected, name, "has, beyond a " + name + "'s,");
        fit(wrong, name, "has another shape for");
        model.loadStateDict(tensors, false);
    }

    /** One of them is enough to see what is wrong; a network of another kind differs in hundreds. */
    private void fit(List<String> tensors, ModelName name, String how) {
        if (tensors.isEmpty()) return;
        throw new InputException("the checkpoint " + file + " does not fit " + name + ": it " + how + " " + tensors.getFirst()
                + (tensors.size() == 1 ? "" : " and " + Counted.of(tensors.size() - 1, "more tensor")));
    }
}
