package panatorch.nn;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import panatorch.NoGrad;
import panatorch.Tensor;

/** Loads state dicts. Mismatches are reported in PyTorch's words, so that a web search finds them. */
final class StateDictLoader {
    private StateDictLoader() {}

    /** Returns the names in {@code all} that {@code others} lacks. */
    static List<String> namesWithout(Map<String, Tensor> all, Map<String, Tensor> others) {
        return all.keySet().stream().filter(n -> !others.containsKey(n)).toList();
    }

    /**
     * Copies the tensors of {@code state} into those of {@code own} that have their names, unless a shape differs or a name is missing or
     * unexpected.
     */
    static void load(String module, Map<String, Tensor> own, Map<String, Tensor> state, List<String> missing, List<String> unexpected) {
        var wrong = new StringJoiner("\n\t");
        if (!missing.isEmpty()) wrong.add("Missing key(s) in state_dict: " + quoted(missing) + ". ");
        if (!unexpected.isEmpty()) wrong.add("Unexpected key(s) in state_dict: " + quoted(unexpected) + ". ");
        own.forEach((name, t) -> {
            Tensor other = state.get(name);
            if (other != null && !Arrays.equals(t.shape(), other.shape()) && !isOldScalar(t, other))
                wrong.add("size mismatch for " + name + ": copying a param with shape torch.Size(" + Arrays.toString(other.shape())
                        + ") from checkpoint, the shape in current model is torch.Size(" + Arrays.toString(t.shape()) + ").");
        });
        if (wrong.length() > 0) throw new IllegalArgumentException("Error(s) in loading state_dict for " + module + ":\n\t" + wrong);
        try (var noGrad = NoGrad.enter()) {
            own.forEach((name, t) -> {
                Tensor other = state.get(name);
                if (other != null) t.copy_(isOldScalar(t, other) ? other.squeeze(0) : other);
            });
        }
    }

    /** Returns whether a tensor of shape [1] stands for one of shape [], which PyTorch before 0.4 did not have. */
    private static boolean isOldScalar(Tensor own, Tensor other) {
        return own.dim() == 0 && other.dim() == 1 && other.size(0) == 1;
    }

    /** Groups the entries by module, under their short names; modules are named by their prefixes ({@code layer1.0.}). */
    static Map<String, Map<String, Tensor>> byModule(Map<String, Tensor> state) {
        var all = new HashMap<String, Map<String, Tensor>>();
        state.forEach((name, t) -> {
            int start = name.lastIndexOf('.') + 1;
            all.computeIfAbsent(name.substring(0, start), prefix -> new LinkedHashMap<>()).put(name.substring(start), t);
        });
        return all;
    }

    private static String quoted(List<String> names) { return names.stream().map(n -> '"' + n + '"').collect(Collectors.joining(", ")); }
}
