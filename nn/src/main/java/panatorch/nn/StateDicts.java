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
final class StateDicts {
    private StateDicts() {}

    static Module.LoadReport load(String module, Map<String, Tensor> own, Map<String, Tensor> state, boolean strict) {
        var missing = own.keySet().stream().filter(n -> !state.containsKey(n)).toList();
        var unexpected = state.keySet().stream().filter(n -> !own.containsKey(n)).toList();
        var wrong = new StringJoiner("\n\t");
        if (strict && !missing.isEmpty()) wrong.add("Missing key(s) in state_dict: " + quoted(missing) + ". ");
        if (strict && !unexpected.isEmpty()) wrong.add("Unexpected key(s) in state_dict: " + quoted(unexpected) + ". ");
        own.forEach((name, t) -> {
            Tensor other = state.get(name);
            if (other != null && !Arrays.equals(t.shape(), other.shape())) wrong.add("size mismatch for " + name + ": copying a param with shape torch.Size(" + Arrays.toString(other.shape())
                    + ") from checkpoint, the shape in current model is torch.Size(" + Arrays.toString(t.shape()) + ").");
        });
        if (wrong.length() > 0) throw new IllegalArgumentException("Error(s) in loading state_dict for " + module + ":\n\t" + wrong);
        try (var noGrad = NoGrad.enter()) {
            own.forEach((name, t) -> {
                Tensor other = state.get(name);
                if (other != null) t.copy_(other);
            });
        }
        return new Module.LoadReport(missing, unexpected);
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
