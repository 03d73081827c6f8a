package panatorch.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.Consumer;
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
 * <pre>{@code
 * final class Scale extends Module {
 *     Scale(long n) { parameter("factor", Torch.ones(n)); }
 *
 *     @Override public Tensor forward(Tensor input) { return input.mul(parameter("factor")); }
 *
 *     @Override protected Module recreate() { return new Scale(parameter("factor").numel()); }
 * }
 * }</pre>
 *
 * <p>Python's {@code module(x)} is {@code module.call(x)}: {@code forward} and the hooks. Modules of several inputs or outputs (recurrent
 * ones, attention, losses) have methods of their own for them, which their page tells, and take them as lists by {@link #callAll}.
 *
 * <p>A module owns its parameters and buffers, whatever scope it is made in, until {@link #close}, which closes its children, too.
 * In evaluation mode {@code forward} may be called from many threads at once; training and changing a module is one thread's.
 */
public abstract class Module implements AutoCloseable {
    private final Map<String, @Nullable Tensor> parameters = new LinkedHashMap<>();
    private final Map<String, @Nullable Tensor> buffers = new LinkedHashMap<>();
    private final Set<String> unsaved = new LinkedHashSet<>();
    private final Map<String, Module> children = new LinkedHashMap<>();
    private volatile @Nullable Hooks hooks;
    private boolean training = true;

    // ---- what it computes

    /**
     * What the module computes of its input; shapes and types are the module's own to tell. The result belongs to the current scope.
     *
     * @throws UnsupportedOperationException if one tensor is not what it takes
     */
    public Tensor forward(Tensor input) { throw new UnsupportedOperationException(name() + " does not compute one tensor of one tensor; see its other methods"); }

    /** All outputs for all inputs, in the order of Python's arguments; those that may be absent are null. */
    public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        Tensor input = inputs.size() == 1 ? inputs.getFirst() : null;
        if (input == null) throw new IllegalArgumentException(name() + " takes one tensor, not " + inputs.size());
        return List.of(forward(input));
    }

    /** {@link #forward} with the hooks before and after it. */
    public final Tensor call(Tensor input) { return hooks == null ? forward(input) : callAll(List.of(input)).getFirst(); }

    /** {@link #forwardAll} with the hooks before and after it. */
    public final List<Tensor> callAll(List<? extends @Nullable Tensor> inputs) {
        Hooks h = hooks;
        return h == null ? forwardAll(inputs) : h.around(this, inputs);
    }

    /** The hooks of {@link #call}, to add some. */
    public final synchronized Hooks hooks() {
        Hooks h = hooks;
        if (h == null) hooks = h = new Hooks();
        return h;
    }

    /**
     * {@link #call Calls} modules one after the other, each with what the one before it made, which is freed then, as is all else
     * that they make: what a hook wants to keep it lets {@linkplain Tensor#escape escape}. The result is the current scope's.
     */
    protected static Tensor callInTurn(Iterable<? extends Module> modules, Tensor input) { return callInTurn(modules, input, Module::call); }

    /** {@link #callInTurn(Iterable, Tensor)} of modules that take more than the one before them made. */
    protected static <M extends Module> Tensor callInTurn(Iterable<M> modules, Tensor input, BiFunction<M, Tensor, Tensor> call) {
        try (var scope = Scope.open()) {
            Tensor x = input;
            for (M m : modules) {
                Tensor y;
                try (var own = Scope.open()) {
                    y = own.move(call.apply(m, x));
                }
                if (y != x) scope.free(x);
                x = y;
            }
            return scope.move(x);
        }
    }

    // ---- for constructors

    /** Makes {@code initial} a parameter: this module owns it, and it requires a gradient. Null keeps the place of one that is absent. */
    protected final <T extends @Nullable Tensor> T parameter(String name, T initial) {
        claim(name);
        parameters.put(name, initial == null ? null : initial.escape().requiresGrad_(true));
        return initial;
    }

    /** Makes {@code initial} a buffer: this module owns it, and it is saved but not trained. Null keeps the place of one that is absent. */
    protected final <T extends @Nullable Tensor> T buffer(String name, T initial) { return buffer(name, initial, true); }

    /** @param persistent whether the buffer is part of the state dict */
    protected final <T extends @Nullable Tensor> T buffer(String name, T initial, boolean persistent) {
        claim(name);
        buffers.put(name, initial == null ? null : initial.escape());
        if (!persistent) unsaved.add(name);
        return initial;
    }

    protected final <M extends Module> M child(String name, M module) {
        claim(name);
        children.put(name, module);
        return module;
    }

    /** Puts a module in a child's place, or with null takes the child out; the one before stays open. */
    final void setChild(String name, @Nullable Module module) {
        if (module == null) {
            children.remove(name);
            return;
        }
        if (!children.containsKey(name)) claim(name);
        children.put(name, module);
    }

    private void claim(String name) {
        if (name.isEmpty() || name.contains(".")) throw new IllegalArgumentException("not a name: '" + name + "'");
        if (parameters.containsKey(name) || buffers.containsKey(name) || children.containsKey(name)) throw new IllegalArgumentException("two parts are named '" + name + "'");
    }

    /** A module of the same class and options, whose numbers do not matter; what {@link #copyOf} begins with. */
    protected Module recreate() { throw new UnsupportedOperationException(name() + " cannot be copied: it does not override recreate()"); }

    // ---- what it is made of

    /**
     * Returns this module's own parameter of that name; the tensor stays the module's.
     *
     * @throws IllegalArgumentException if there is none, as of a layer without bias; {@link #parameterOrNull} is for names that may be absent
     */
    public final Tensor parameter(String name) { return present("parameter", parameters, name); }

    /** Returns this module's own parameter of that name, or null if it is absent, as the bias of a layer without one; the tensor stays the module's. */
    public final @Nullable Tensor parameterOrNull(String name) { return parameters.get(name); }

    /**
     * Returns this module's own buffer of that name; the tensor stays the module's.
     *
     * @throws IllegalArgumentException if there is none; {@link #bufferOrNull} is for names that may be absent
     */
    public final Tensor buffer(String name) { return present("buffer", buffers, name); }

    /** Returns this module's own buffer of that name, or null if it is absent; the tensor stays the module's. */
    public final @Nullable Tensor bufferOrNull(String name) { return buffers.get(name); }

    private Tensor present(String kind, Map<String, @Nullable Tensor> among, String name) {
        Tensor t = among.get(name);
        if (t != null) return t;
        List<String> names = among.entrySet().stream().filter(e -> e.getValue() != null).map(Map.Entry::getKey).toList();
        throw new IllegalArgumentException(name() + (among.containsKey(name) ? " was made without its " + kind : " has no " + kind) + " '" + name + "'; "
                + (names.isEmpty() ? "it has no " + kind + "s of its own" : "it has " + names) + ". Where it may be absent, ask " + kind + "OrNull");
    }

    /**
     * Puts a tensor in the place of one of this module's own parameters. Given another module's parameter, both share it ("tied weights"):
     * it counts once in {@link #parameters}, is in the state dict twice, and is closed with the first of them.
     *
     * @throws IllegalArgumentException if there is no such place, or the shape is another
     */
    public final void setParameter(String name, @Nullable Tensor tensor) { replace(parameters, name, tensor); }

    /** {@link #setParameter} for a buffer. */
    public final void setBuffer(String name, @Nullable Tensor tensor) { replace(buffers, name, tensor); }

    private void replace(Map<String, @Nullable Tensor> among, String name, @Nullable Tensor tensor) {
        if (!among.containsKey(name)) throw new IllegalArgumentException(name() + " has no parameter or buffer '" + name + "' of that kind");
        Tensor before = among.get(name);
        if (before == tensor) return;
        if (before != null && tensor != null && !java.util.Arrays.equals(before.shape(), tensor.shape()))
            throw new IllegalArgumentException("'" + name + "' is " + before.describe() + " and cannot become " + tensor.describe());
        among.put(name, tensor == null ? null : tensor.escape());
        if (before != null) before.close();
    }

    /** The modules directly inside, by their names. */
    public final Map<String, Module> namedChildren() { return Collections.unmodifiableMap(children); }

    /** All parameters by their full names ({@code layer1.0.conv1.weight}), in PyTorch's order, shared ones once. They stay the modules' own. */
    public final Map<String, Tensor> namedParameters() { return distinct(m -> m.parameters); }

    public final List<Tensor> parameters() { return new ArrayList<>(namedParameters().values()); }

    /** All buffers by their full names, persistent or not, shared ones once. */
    public final Map<String, Tensor> namedBuffers() { return distinct(m -> m.buffers); }

    /** Parameters and persistent buffers by their full names, in PyTorch's order; not copies. */
    public final Map<String, Tensor> stateDict() {
        var all = new LinkedHashMap<String, Tensor>();
        visit("", (prefix, m) -> {
            m.parameters.forEach((name, t) -> { if (t != null) all.put(prefix + name, t); });
            m.buffers.forEach((name, t) -> { if (t != null && !m.unsaved.contains(name)) all.put(prefix + name, t); });
        });
        return all;
    }

    private Map<String, Tensor> distinct(java.util.function.Function<Module, Map<String, @Nullable Tensor>> kind) {
        var all = new LinkedHashMap<String, Tensor>();
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        visit("", (prefix, m) -> kind.apply(m).forEach((name, t) -> { if (t != null && seen.add(t)) all.put(prefix + name, t); }));
        return all;
    }

    /** This module and all inside, outer before inner, shared ones once. */
    public final List<Module> modules() { return new ArrayList<>(namedModules().values()); }

    /** {@link #modules} by their full names; this one's is empty. */
    public final Map<String, Module> namedModules() {
        var all = new LinkedHashMap<String, Module>();
        Set<Module> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        visit("", (prefix, m) -> { if (seen.add(m)) all.put(prefix.isEmpty() ? "" : prefix.substring(0, prefix.length() - 1), m); });
        return all;
    }

    /** Calls {@code visitor} with every module inside and then with this one, as initialisations are applied. */
    public final Module apply(Consumer<? super Module> visitor) {
        children.values().forEach(m -> m.apply(visitor));
        visitor.accept(this);
        return this;
    }

    private void visit(String prefix, BiConsumer<String, Module> visitor) {
        visitor.accept(prefix, this);
        children.forEach((name, m) -> m.visit(prefix + name + ".", visitor));
    }

    public final long parameterCount() { return parameters().stream().mapToLong(Tensor::numel).sum(); }

    /** What a state dict had too few and too many. */
    public record LoadReport(List<String> missing, List<String> unexpected) {}

    /** {@link #loadStateDict(Map, boolean)}, strictly. */
    public final LoadReport loadStateDict(Map<String, Tensor> state) { return loadStateDict(state, true); }

    /**
     * Copies {@code state} into the tensors of the same names, converting type and device. Nothing is changed unless all fits.
     *
     * @param strict whether a missing or unexpected name is an error
     * @throws IllegalArgumentException if a shape differs, or strictly a name; the message is PyTorch's
     */
    public final LoadReport loadStateDict(Map<String, Tensor> state, boolean strict) {
        var byModule = StateDicts.byModule(state);
        visit("", (prefix, m) -> m.beforeLoad(byModule.getOrDefault(prefix, Map.of())));
        return StateDicts.load(name(), stateDict(), state, strict);
    }

    /**
     * Makes place for tensors that the module builds late: called by {@link #loadStateDict} before names are compared, with the entries that are this
     * module's own, by their short names. It may set buffers that are absent; numbers are copied afterwards, and
     * places stay if the rest does not fit.
     */
    protected void beforeLoad(Map<String, Tensor> own) {}

    /** A module with the same numbers, modes and ties between its tensors, in memory of its own and without hooks. Draws no random numbers. */
    @SuppressWarnings("unchecked")
    public static <M extends Module> M copyOf(M module) { return (M) Copies.of(module); }

    Map<String, @Nullable Tensor> ownParameters() { return parameters; }

    Map<String, @Nullable Tensor> ownBuffers() { return buffers; }

    // ---- modes and places

    /** Training mode, as dropout and batch normalisation know it, for this module and all inside. */
    public final Module train(boolean on) {
        visit("", (prefix, m) -> m.training = on);
        return this;
    }

    public final Module train() { return train(true); }

    public final Module eval() { return train(false); }

    /** Whether this module is in training mode; one that only groups another's parts answers for them. */
    public boolean isTraining() { return training; }

    void setTraining(boolean on) { training = on; }

    /** Whether all parameters get gradients; without, they are frozen. */
    public final Module requiresGrad(boolean on) {
        parameters().forEach(p -> p.requiresGrad_(on));
        return this;
    }

    /** Forgets the gradients of all parameters. */
    public final void zeroGrad() { parameters().forEach(p -> p.setGrad(null)); }

    /** Moves parameters and buffers to a device. */
    public final Module to(Device device) { return to(device, null, null); }

    /** Lays out tensors of four dimensions, or of five with {@code CHANNELS_LAST_3D}. */
    public final Module to(MemoryFormat format) { return to(null, null, format); }

    /** Converts floating-point parameters and buffers. */
    public final Module to(DType dtype) { return to(null, dtype, null); }

    /**
     * Moves and converts parameters, their gradients and buffers; null leaves as is. The tensors stay the same objects, and optimisers keep them.
     *
     * @param dtype of floating-point tensors; others keep theirs
     * @param format for tensors of four dimensions, or of five with {@code CHANNELS_LAST_3D}
     */
    public final Module to(@Nullable Device device, @Nullable DType dtype, @Nullable MemoryFormat format) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            for (Tensor t : namedParameters().values()) {
                Tensor gradient = t.grad();
                move(t, device, dtype, format);
                if (gradient == null) continue;
                t.setGrad(null); // of another type for a moment
                move(gradient, device, dtype, format);
                t.setGrad(gradient);
            }
            for (Tensor t : namedBuffers().values()) move(t, device, dtype, format);
        }
        return this;
    }

    private static void move(Tensor t, @Nullable Device device, @Nullable DType dtype, @Nullable MemoryFormat format) {
        DType type = dtype != null && t.dtype().isFloatingPoint() ? dtype : t.dtype();
        boolean formed = t.dim() == (format == MemoryFormat.CHANNELS_LAST_3D ? 5 : 4);
        t.setData(t.to(device == null ? t.device() : device, type, false, false, formed ? format : null));
    }

    /** Frees parameters and buffers of this module, and closes all inside. Closing twice is harmless. */
    @Override public void close() {
        parameters.values().forEach(Module::close);
        buffers.values().forEach(Module::close);
        children.values().forEach(Module::close);
    }

    private static void close(@Nullable Tensor t) { if (t != null) t.close(); }

    // ---- as text

    final String name() { return getClass().getSimpleName(); }

    /** The options in {@link #toString}, as PyTorch prints them. */
    protected String describe() { return ""; }

    /** As PyTorch prints it. */
    @Override public String toString() { return Repr.module(name(), describe(), children); }
}
