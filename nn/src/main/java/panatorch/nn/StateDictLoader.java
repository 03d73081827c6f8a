package panatorch.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import panatorch.NoGrad;
import panatorch.Tensor;

/** Loads state dicts. Mismatches are reported in PyTorch's words, so that a web search finds them. */
final class StateDictLoader {
    private StateDictLoader() {}

    static Module.LoadReport load(Module root, Map<String, Tensor> state, boolean strict) {
        var given = new LinkedHashMap<String, Tensor>(state);
        ModuleTree.visit(root, (prefix, m) -> m.hooked(h -> h.loading(m, prefix, given)));
        var byModule = byModule(given);
        var optional = new HashSet<String>();
        var own = new LinkedHashMap<String, Tensor>();
        var extras = new LinkedHashMap<String, Module>();
        ModuleTree.visit(root, (prefix, m) -> {
            m.beforeLoad(byModule.getOrDefault(prefix, Map.of()));
            m.optionalKeys().forEach(key -> optional.add(prefix + key));
            m.putTensors(prefix, own);
            if (m.hasExtraState()) extras.put(prefix + Module.EXTRA_STATE, m);
        });
        var names = new LinkedHashSet<>(own.keySet());
        names.addAll(extras.keySet());
        var missing = new ArrayList<>(without(names, given.keySet()));
        missing.removeAll(optional);
        var unexpected = new ArrayList<>(without(given.keySet(), names));
        ModuleTree.visitInnerFirst(root, m -> m.hooked(h -> h.compared(m, missing, unexpected)));
        load(root.name(), own, given, strict ? missing : List.of(), strict ? unexpected : List.of());
        extras.forEach((name, m) -> {
            Tensor extra = given.get(name);
            if (extra != null) m.setExtraState(extra);
        });
        ModuleTree.visitInnerFirst(root, m -> m.hooked(h -> h.loaded(m)));
        return new Module.LoadReport(missing, unexpected);
    }

    /** Returns the names in {@code all} that {@code others} lacks. */
    private static List<String> without(Set<String> all, Set<String> others) {
        return all.stream().filter(n -> !others.contains(n)).toList();
    }

    /**
     * Copies the tensors of {@code state} into those of {@code own} that have their names, unless a shape differs or a name is missing or
     * unexpected.
     */
    private static void load(String module, Map<String, Tensor> own, Map<String, Tensor> state, List<String> missing,
            List<String> unexpected) {
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
    private static Map<String, Map<String, Tensor>> byModule(Map<String, Tensor> state) {
        var all = new HashMap<String, Map<String, Tensor>>();
        state.forEach((name, t) -> {
            int start = name.lastIndexOf('.') + 1;
            all.computeIfAbsent(name.substring(0, start), prefix -> new LinkedHashMap<>()).put(name.substring(start), t);
        });
        return all;
    }

    private static String quoted(List<String> names) { return names.stream().map(n -> '"' + n + '"').collect(Collectors.joining(", ")); }
}
