package panatorch.apps;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.models.Classifier;
import panatorch.serialize.Safetensors;
import panatorch.serialize.StateDicts;

/** Weights read from a file of any kind, of which only safetensors files say what they are; they live until the current scope ends. */
record Checkpoint(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    static Checkpoint read(Path file) {
        try {
            Safetensors.Content content = StateDicts.read(file);
            return new Checkpoint(file, content.tensors(), content.metadata());
        } catch (IOException e) {
            throw new InputException("the checkpoint cannot be read: " + InputException.reason(e), e);
        }
    }

    /** What was asked for, or else what the file says about itself. */
    <E extends Enum<E>> E or(@Nullable E asked, String key, E[] values, String option) {
        if (asked != null) return asked;
        String said = metadata.get(key);
        for (E value : values) if (value.toString().equals(said)) return value;
        throw new InputException(option + " is needed, because the checkpoint " + file + (said == null ? " does not name its " + key : " names the unknown " + key + " '" + said + "'"));
    }

    /** What was asked for, or what the weights were trained in; what others trained is measured in full precision. */
    PrecisionName precision(@Nullable PrecisionName asked) {
        if (asked != null) return asked;
        return PrecisionName.BF16.toString().equals(metadata.get("precision")) ? PrecisionName.BF16 : PrecisionName.FP32;
    }

    /** Copies all weights into {@code model}; the counters that old checkpoints lack may be missing, as they do not matter to evaluation. */
    void loadInto(Classifier model, ModelName name) {
        Map<String, Tensor> own = model.stateDict();
        List<String> missing = own.keySet().stream().filter(k -> !tensors.containsKey(k) && !k.endsWith("num_batches_tracked")).toList();
        List<String> unexpected = tensors.keySet().stream().filter(k -> !own.containsKey(k)).toList();
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
                + (tensors.size() == 1 ? "" : String.format(Locale.ROOT, " and %,d more tensors", tensors.size() - 1)));
    }
}
