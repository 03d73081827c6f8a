package panatorch.nn;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** What one module consists of by name: parameters, buffers, children, and rules that compute some of the tensors. */
final class Entries {
    final Map<String, @Nullable Tensor> parameters = new LinkedHashMap<>(), buffers = new LinkedHashMap<>();
    final Map<String, Module> children = new LinkedHashMap<>();
    private final Set<String> unsaved = new LinkedHashSet<>();
    private volatile Map<String, TensorRule> rules = Map.of();

    private void claim(String name) {
        if (name.isEmpty() || name.contains("."))
            throw new IllegalArgumentException("a name must not be empty or contain a dot: '" + name + "'");
        if (parameters.containsKey(name) || buffers.containsKey(name) || children.containsKey(name))
            throw new IllegalArgumentException("the name '" + name + "' is already used by a parameter, buffer or child");
    }

    void addParameter(String name, @Nullable Tensor initial, boolean requiresGrad) {
        claim(name);
        parameters.put(name, initial == null ? null : initial.escape().requiresGrad_(requiresGrad));
    }

    void addBuffer(String name, @Nullable Tensor initial, boolean persistent) {
        claim(name);
        buffers.put(name, initial == null ? null : initial.escape());
        if (!persistent) unsaved.add(name);
    }

    void addChild(String name, Module module) {
        claim(name);
        children.put(name, module);
    }

    /** Sets the entry of a child, or removes it if {@code module} is null. The previous child stays open. */
    void putChild(String name, @Nullable Module module) {
        if (module == null) {
            children.remove(name);
            return;
        }
        if (!children.containsKey(name)) claim(name);
        children.put(name, module);
    }

    /** Returns the tensor that a rule computes for a name, or else the stored one. */
    @Nullable Tensor find(Map<String, @Nullable Tensor> among, String name) {
        TensorRule rule = rules.get(name);
        return rule == null ? among.get(name) : rule.value();
    }

    /**
     * Returns the tensor of {@link #find}.
     *
     * @throws IllegalArgumentException if there is none
     */
    Tensor require(Module owner, String kind, Map<String, @Nullable Tensor> among, String name) {
        Tensor t = find(among, name);
        if (t == null) throw absent(owner, kind, among, name);
        return t;
    }

    private static IllegalArgumentException absent(Module owner, String kind, Map<String, @Nullable Tensor> among, String name) {
        List<String> names = List.copyOf(present(among).keySet());
        return new IllegalArgumentException(
                owner.name() + (among.containsKey(name) ? " was made without its " + kind : " has no " + kind) + " '" + name + "'; "
                        + (names.isEmpty() ? "it has no " + kind + "s of its own" : "it has " + names) + ". Where it may be absent, ask "
                        + kind + "OrNull");
    }

    /** Returns the tensors that are there. */
    static Map<String, Tensor> present(Map<String, @Nullable Tensor> tensors) {
        var all = new LinkedHashMap<String, Tensor>();
        tensors.forEach((name, t) -> { if (t != null) all.put(name, t); });
        return all;
    }

    /** Replaces a stored tensor and closes the one before. */
    static void replace(Module owner, Map<String, @Nullable Tensor> among, String name, @Nullable Tensor tensor) {
        if (!among.containsKey(name))
            throw new IllegalArgumentException(owner.name() + " has no parameter or buffer '" + name + "' of that kind");
        Tensor before = among.get(name);
        if (before == tensor) return;
        if (before != null && tensor != null && !Arrays.equals(before.shape(), tensor.shape()))
            throw new IllegalArgumentException("'" + name + "' is " + before.describe() + " and cannot become " + tensor.describe());
        owner.replacing(name, tensor);
        among.put(name, tensor == null ? null : tensor.escape());
        if (before != null) before.close();
    }

    @Nullable Tensor removeTensor(Module owner, String name) {
        if (!parameters.containsKey(name) && !buffers.containsKey(name)) throw absent(owner, "parameter or buffer", Map.of(), name);
        unsaved.remove(name);
        return parameters.containsKey(name) ? parameters.remove(name) : buffers.remove(name);
    }

    Module removeChild(Module owner, String name) {
        Module child = children.remove(name);
        if (child == null) throw new IllegalArgumentException(owner.name() + " has no child '" + name + "' among " + children.keySet());
        return child;
    }

    Map<String, TensorRule> rules() { return rules; }

    /** Sets the rule of a name; null removes it. */
    void setRule(String name, @Nullable TensorRule rule) {
        var changed = new LinkedHashMap<>(rules);
        if (rule == null) changed.remove(name);
        else changed.put(name, rule);
        rules = Collections.unmodifiableMap(changed);
    }

    boolean isPersistent(String buffer) { return !unsaved.contains(buffer); }

    /** Adds parameters and persistent buffers to a state dict. */
    void save(String prefix, Map<String, Tensor> all) {
        parameters.forEach((name, t) -> { if (t != null) all.put(prefix + name, t); });
        buffers.forEach((name, t) -> { if (t != null && isPersistent(name)) all.put(prefix + name, t); });
    }

    /** Closes the tensors and the children. */
    void close() {
        present(parameters).values().forEach(Tensor::close);
        present(buffers).values().forEach(Tensor::close);
        children.values().forEach(Module::close);
    }
}
