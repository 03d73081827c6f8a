package panatorch.nn;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * A part of a network: parameters, buffers, other modules, and a {@link #forward}. Names are those of PyTorch, so a
 * {@link #stateDict} fits Python's.
 *
 * <p>A module owns its parameters and buffers, whatever scope it is made in, until {@link #close}, which closes its children, too.
 * In evaluation mode {@code forward} may be called from many threads at once; training and changing a module is one thread's.
 */
public abstract class Module implements AutoCloseable {
    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, Tensor> buffers = new LinkedHashMap<>();
    private final Map<String, Module> children = new LinkedHashMap<>();
    private boolean training = true;

    /** What the module computes of its input; shapes and types are the module's own to tell. The result belongs to the current scope. */
    public abstract Tensor forward(Tensor input);

    // ---- for constructors

    /** Makes {@code initial} a parameter: this module owns it, and it requires a gradient. */
    protected final Tensor parameter(String name, Tensor initial) {
        claim(name);
        parameters.put(name, initial.escape());
        return initial.requiresGrad_(true);
    }

    /** Makes {@code initial} a buffer: this module owns it, and it is saved but not trained. */
    protected final Tensor buffer(String name, Tensor initial) {
        claim(name);
        buffers.put(name, initial.escape());
        return initial;
    }

    protected final <M extends Module> M child(String name, M module) {
        claim(name);
        children.put(name, module);
        return module;
    }

    private void claim(String name) {
        if (name.isEmpty() || name.contains(".")) throw new IllegalArgumentException("not a name: '" + name + "'");
        if (parameters.containsKey(name) || buffers.containsKey(name) || children.containsKey(name)) throw new IllegalArgumentException("two parts are named '" + name + "'");
    }

    // ---- what it is made of

    /** All parameters by their full names ({@code layer1.0.conv1.weight}), in PyTorch's order. They stay the modules' own. */
    public final Map<String, Tensor> namedParameters() {
        var all = new LinkedHashMap<String, Tensor>();
        visit("", (prefix, m) -> m.parameters.forEach((name, t) -> all.put(prefix + name, t)));
        return all;
    }

    public final List<Tensor> parameters() { return new ArrayList<>(namedParameters().values()); }

    public final Map<String, Tensor> namedBuffers() {
        var all = new LinkedHashMap<String, Tensor>();
        visit("", (prefix, m) -> m.buffers.forEach((name, t) -> all.put(prefix + name, t)));
        return all;
    }

    /** The modules directly inside this one. */
    public final Map<String, Module> namedChildren() { return java.util.Collections.unmodifiableMap(children); }

    /** Parameters and buffers by their full names, in PyTorch's order: the modules' own tensors, not copies. */
    public final Map<String, Tensor> stateDict() {
        var all = new LinkedHashMap<String, Tensor>();
        visit("", (prefix, m) -> {
            m.parameters.forEach((name, t) -> all.put(prefix + name, t));
            m.buffers.forEach((name, t) -> all.put(prefix + name, t));
        });
        return all;
    }

    /** This module and all inside, outer before inner. */
    public final List<Module> modules() {
        var all = new ArrayList<Module>();
        visit("", (prefix, m) -> all.add(m));
        return all;
    }

    private void visit(String prefix, BiConsumer<String, Module> visitor) {
        visitor.accept(prefix, this);
        children.forEach((name, m) -> m.visit(prefix + name + ".", visitor));
    }

    /** What a state dict had too few and too many. */
    public record LoadReport(List<String> missing, List<String> unexpected) {}

    /** {@link #loadStateDict(Map, boolean)}, strictly. */
    public final LoadReport loadStateDict(Map<String, Tensor> state) { return loadStateDict(state, true); }

    /**
     * Copies {@code state} into the tensors of the same names, converting type and device. Nothing is changed unless all fits.
     *
     * @param strict whether a missing or unexpected name is an error
     * @throws IllegalArgumentException if a shape differs, or strictly a name
     */
    public final LoadReport loadStateDict(Map<String, Tensor> state, boolean strict) {
        Map<String, Tensor> own = stateDict();
        var missing = own.keySet().stream().filter(n -> !state.containsKey(n)).toList();
        var unexpected = state.keySet().stream().filter(n -> !own.containsKey(n)).toList();
        var wrong = new StringJoiner("; ");
        if (strict && !missing.isEmpty()) wrong.add("missing: " + String.join(", ", missing));
        if (strict && !unexpected.isEmpty()) wrong.add("unexpected: " + String.join(", ", unexpected));
        own.forEach((name, t) -> {
            Tensor other = state.get(name);
            if (other != null && !java.util.Arrays.equals(t.shape(), other.shape()))
                wrong.add(name + " is " + java.util.Arrays.toString(other.shape()) + " and should be " + java.util.Arrays.toString(t.shape()));
        });
        if (wrong.length() > 0) throw new IllegalArgumentException("the state dict does not fit " + getClass().getSimpleName() + ": " + wrong);
        try (var noGrad = NoGrad.enter()) {
            own.forEach((name, t) -> {
                Tensor other = state.get(name);
                if (other != null) t.copy_(other);
            });
        }
        return new LoadReport(missing, unexpected);
    }

    // ---- modes and places

    /** Training mode, as dropout and batch normalisation know it, for this module and all inside. */
    public final Module train(boolean on) {
        visit("", (prefix, m) -> m.training = on);
        return this;
    }

    public final Module train() { return train(true); }

    public final Module eval() { return train(false); }

    public final boolean isTraining() { return training; }

    /** Moves parameters and buffers to a device. */
    public final Module to(Device device) { return to(device, null, null); }

    /**
     * Moves and converts parameters and buffers; null leaves as is. The tensors stay the same objects, and optimisers keep them.
     *
     * @param dtype of floating-point tensors; others keep theirs
     * @param format for tensors of four dimensions
     */
    public final Module to(@Nullable Device device, @Nullable DType dtype, @Nullable MemoryFormat format) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (Tensor t : stateDict().values()) {
                DType type = dtype != null && t.dtype().isFloatingPoint() ? dtype : t.dtype();
                t.setData(t.to(device == null ? t.device() : device, type, false, false, t.dim() == 4 ? format : null));
            }
        }
        return this;
    }

    public final long parameterCount() { return parameters().stream().mapToLong(Tensor::numel).sum(); }

    /** Frees parameters and buffers of this module and all inside. Closing twice is harmless. */
    @Override public void close() {
        visit("", (prefix, m) -> {
            m.parameters.values().forEach(Tensor::close);
            m.buffers.values().forEach(Tensor::close);
        });
    }

    /** The options in {@link #toString}, as PyTorch prints them. */
    protected String describe() { return ""; }

    @Override public String toString() {
        var text = new StringBuilder(getClass().getSimpleName()).append('(').append(describe());
        children.forEach((name, m) -> text.append("\n  (").append(name).append("): ").append(m.toString().replace("\n", "\n  ")));
        return text.append(children.isEmpty() ? ")" : "\n)").toString();
    }
}
