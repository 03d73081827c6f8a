package panatorch.apps.options;

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
import panatorch.apps.console.Counted;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.datasets.Dataset;
import panatorch.models.Classifier;
import panatorch.serialize.Checkpoints;
import panatorch.serialize.StateDicts;
import panatorch.serialize.Weights;
import panatorch.train.Checkpointing;

/**
 * Weights read from a file, with the metadata that safetensors files hold. The tensors live until the current scope ends.
 *
 * @param file the file
 * @param tensors the weights by name
 * @param metadata what the file, or the configuration of its run, says of the weights
 */
public record Checkpoint(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    /**
     * Reads a file of weights, the model of a run's {@code last.ckpt}, or the best weights of a run's folder. Metadata that the file lacks
     * comes from the run's {@code config.json}.
     */
    public static Checkpoint read(Path named) {
        Path file = file(named);
        try {
            if (file.toString().endsWith(".ckpt")) return new Checkpoint(file, model(file), ConfigFile.weights(file));
            Weights content = StateDicts.read(file);
            return new Checkpoint(file, content.tensors(),
                    content.metadata().containsKey("model") ? content.metadata() : ConfigFile.weights(file));
        } catch (IOException e) {
            throw new InputException("the checkpoint cannot be read: " + InputException.reason(e), e);
        }
    }

    /** Returns the file itself, or for a run's folder the file of its best weights. */
    public static Path file(Path named) {
        if (!Files.isDirectory(named)) return named;
        List<String> kinds = List.of(Checkpointing.BEST, OutputFolder.WEIGHTS, Checkpointing.LAST);
        return kinds.stream().map(named::resolve).filter(Files::isRegularFile).findFirst()
                .orElseThrow(() -> new InputException(
                        "there are no weights in the folder " + named + ": it has no " + String.join(", no ", kinds)));
    }

    private static Map<String, Tensor> model(Path file) throws IOException {
        var tensors = new LinkedHashMap<String, Tensor>();
        if (Checkpoints.read(file).get("model") instanceof Map<?, ?> model) model.forEach((name, t) -> {
            if (t instanceof Tensor tensor) tensors.put((String) name, tensor);
        });
        if (tensors.isEmpty()) throw new InputException("the checkpoint " + file + " holds no model");
        return tensors;
    }

    // ---- metadata

    /** Returns the value that the user passed, or else the value in the metadata. */
    <E extends Enum<E>> E or(@Nullable E asked, String key, E[] values, String option) {
        if (asked != null) return asked;
        String recorded = metadata.get(key);
        for (E value : values) if (value.toString().equals(recorded)) return value;
        throw new InputException(option + " is needed, because the checkpoint " + file
                + (recorded == null ? " does not name its " + key : " names the unknown " + key + " '" + recorded + "'"));
    }

    /**
     * Returns the data folder of the run that made these weights; null if no run did, or if it was trained on another data set than {@code
     * dataset}.
     */
    @Nullable Path data(DatasetName dataset) {
        return dataset.toString().equals(metadata.get("dataset")) ? ConfigFile.data(file) : null;
    }

    /** Returns the precision that the user passed, or that of training. Weights of other programs are evaluated in full precision. */
    PrecisionName precision(@Nullable PrecisionName asked) {
        if (asked != null) return asked;
        return PrecisionName.BF16.toString().equals(metadata.get("precision")) ? PrecisionName.BF16 : PrecisionName.FP32;
    }

    /** Returns the probability of the dropout in front of the head in training; 0 if the file does not say. */
    double dropoutP() {
        try {
            return Double.parseDouble(metadata.getOrDefault("dropout_p", "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    /** Returns the number of classes, read from the bias of the last layer. */
    public int classes() {
        Tensor last = tensors.values().stream().filter(t -> t.dim() == 1 && t.dtype().isFloatingPoint()).reduce((a, b) -> b)
                .orElseThrow(() -> new InputException("the checkpoint " + file + " has no layer of classes"));
        return Math.toIntExact(last.numel());
    }

    private static final String CLASSES = "classes", SIDE = "side", CHANNELS = "channels", MEAN = "mean", STD = "std";

    public static Map<String, String> describe(Preparation p, List<String> classNames) {
        return Map.of(CLASSES, json(classNames), SIDE, Integer.toString(p.side()), CHANNELS, Integer.toString(p.channels()), MEAN,
                json(p.mean()), STD, json(p.std()));
    }

    /** Returns the names of the classes, or null if the file does not have them. */
    public @Nullable List<String> classNames() {
        return parsed(CLASSES, new TypeReference<List<String>>() {});
    }

    /** Returns how images become inputs, or null if the file does not say. */
    public @Nullable Preparation preparation() {
        Integer side = parsed(SIDE, new TypeReference<>() {}), channels = parsed(CHANNELS, new TypeReference<>() {});
        double[] mean = parsed(MEAN, new TypeReference<>() {}), std = parsed(STD, new TypeReference<>() {});
        return side == null || channels == null || mean == null || std == null ? null : new Preparation(channels, side, mean, std);
    }

    /**
     * Returns how the images of a data set become inputs of a network: normalised as the user asked, or else as in training.
     *
     * @throws InputException if the network cannot take the images
     */
    public Preparation preparation(Dataset set, ModelName model, @Nullable NormalizationName asked) {
        Preparation fitting = Preparation.of(set, model), known = preparation();
        if (fitting.isOfTexts()) return fitting;
        if (asked != null) return asked.in(fitting);
        return known == null || known.channels() != fitting.channels() ? fitting : fitting.normalizedBy(known.mean(), known.std());
    }

    private static String json(Object value) {
        try {
            return Json.LINE.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private <T> @Nullable T parsed(String key, TypeReference<T> type) {
        String text = metadata.get(key);
        if (text == null) return null;
        try {
            return Json.LINE.readValue(text, type);
        } catch (JsonProcessingException e) {
            throw new InputException("the checkpoint " + file + " has an invalid " + key + ", '" + text + "'", e);
        }
    }

    // ---- loading

    /**
     * Copies all weights into a network. The counters that old checkpoints lack may be missing, and dropout masks may be left over, because
     * evaluation uses neither.
     */
    void loadInto(Classifier model, ModelName name) {
        Map<String, Tensor> own = model.stateDict();
        List<String> missing = own.keySet().stream().filter(k -> !tensors.containsKey(k) && !k.endsWith("num_batches_tracked")).toList();
        List<String> unexpected = tensors.keySet().stream().filter(k -> !own.containsKey(k) && !k.endsWith(".masks.bank")).toList();
        List<String> wrong =
                own.entrySet().stream().filter(e -> hasOtherShape(tensors.get(e.getKey()), e.getValue())).map(Map.Entry::getKey).toList();
        fit(missing, name, "lacks");
        fit(unexpected, name, "has, beyond a " + name + "'s,");
        fit(wrong, name, "has another shape for");
        model.loadStateDict(tensors, false);
    }

    private static boolean hasOtherShape(@Nullable Tensor given, Tensor wanted) {
        return given != null && !Arrays.equals(given.shape(), wanted.shape());
    }

    /** Fails if there are such tensors. The message names one, because a network of another kind differs in hundreds. */
    private void fit(List<String> tensors, ModelName name, String how) {
        if (tensors.isEmpty()) return;
        throw new InputException("the checkpoint " + file + " does not fit " + name + ": it " + how + " " + tensors.getFirst()
                + (tensors.size() == 1 ? "" : " and " + Counted.of(tensors.size() - 1, "more tensor")));
    }
}
