package panatorch.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * A part of a network: parameters, buffers, child modules, and a {@link #forward}. Names are those of PyTorch, so a {@link #stateDict} is
 * exchangeable with Python's.
 *
 * <pre>{@code
 * final class Scale extends Module {
 *     Scale(long n) { parameter("factor", Torch.ones(n)); }
 *
 *     public Tensor forward(Tensor input) { return input.mul(parameter("factor")); }
 *
 *     protected Module recreate() { return new Scale(parameter("factor").numel()); }
 * }
 * }</pre>
 *
 * <p>
 * Python's {@code module(x)} is {@code module.call(x)}: {@code forward} and the hooks. Modules with several inputs or outputs (recurrent
 * networks, attention, losses) have methods of their own for them, described on their pages, and take them as lists by {@link #callAll}.
 *
 * <p>
 * A module owns its parameters and buffers, whatever scope it is created in, until {@link #close}, which closes its children too. In
 * evaluation mode, many threads may call {@code forward} at once; only one thread may train or change a module.
 */
public abstract class Module implements AutoCloseable {
    private final Entries entries = new Entries();
    private final Set<String> replaced = new LinkedHashSet<>();
    private volatile @Nullable Hooks hooks;
    private volatile @Nullable StateHooks stateHooks;
    private boolean training = true;
    private boolean fieldsChecked;

    // ---- computing

    /**
     * Computes the module's output. Its shape and type are described on the module's page. The result belongs to the current scope.
     *
     * @throws UnsupportedOperationException if the module does not take one tensor
     */
    public Tensor forward(Tensor input) {
        throw new UnsupportedOperationException(name() + " does not map one tensor to one tensor; "
                + "see its other methods");
    }

    /** Computes all outputs for all inputs, in the order of Python's arguments. Optional inputs that are absent are null. */
    public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        Tensor input = inputs.size() == 1 ? inputs.getFirst() : null;
        if (input == null) throw new IllegalArgumentException(name() + " takes one tensor, not " + inputs.size());
        return List.of(forward(input));
    }

    /**
     * Calls {@link #forward} with the hooks before and after it.
     *
     * @throws IllegalStateException if a field of this module, or of one inside, holds a module with parameters that is not registered
     */
    public final Tensor call(Tensor input) {
        if (!fieldsChecked) checkFields();
        return hooks == null ? forward(input) : callAll(List.of(input)).getFirst();
    }

    /**
     * Calls {@link #forwardAll} with several inputs and the hooks before and after it, and returns its first output: Python's
     * {@code module(x, y)}. {@link #callAll} returns all outputs.
     *
     * @param first first input; null if it is optional and absent, as the others
     */
    public final Tensor call(@Nullable Tensor first, @Nullable Tensor second, @Nullable Tensor... others) {
        var inputs = new ArrayList<@Nullable Tensor>();
        inputs.add(first);
        inputs.add(second);
        Collections.addAll(inputs, others);
        return callAll(inputs).getFirst();
    }

    /** Calls {@link #forwardAll} with the hooks before and after it, as {@link #call}. */
    public final List<Tensor> callAll(List<? extends @Nullable Tensor> inputs) {
        if (!fieldsChecked) checkFields();
        Hooks h = hooks;
        return h == null ? forwardAll(inputs) : h.around(this, inputs);
    }

    private void checkFields() {
        Unregistered.check(this);
        ModuleTree.visit(this, (prefix, m) -> m.fieldsChecked = true);
    }

    /** Returns the hooks of {@link #call}, to which hooks can be added. */
    public final synchronized Hooks hooks() {
        Hooks h = hooks;
        if (h == null) hooks = h = new Hooks();
        return h;
    }

    /**
     * {@link #call Calls} modules one after the other, each on the output of the one before it. Intermediate tensors are freed; a hook that
     * wants to keep one lets it {@linkplain Tensor#escape escape}. The result belongs to the current scope.
     */
    protected static Tensor callInTurn(Iterable<? extends Module> modules, Tensor input) {
        return callInTurn(modules, input, Module::call);
    }

    /**
     * Calls modules one after the other as {@link #callInTurn(Iterable, Tensor)}, for modules that take more than the output of the one
     * before them.
     */
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

    /**
     * Registers {@code initial} as a parameter: this module owns it, and it requires a gradient. Null registers the name of an absent
     * parameter.
     */
    protected final <T extends @Nullable Tensor> T parameter(String name, T initial) { return parameter(name, initial, true); }

    /**
     * Registers a parameter.
     *
     * @param requiresGrad whether the parameter is trained; one that is not may have any element type
     */
    protected final <T extends @Nullable Tensor> T parameter(String name, T initial, boolean requiresGrad) {
        entries.addParameter(name, initial, requiresGrad);
        return initial;
    }

    /**
     * Registers {@code initial} as a buffer: this module owns it, and it is saved but not trained. Null registers the name of an absent
     * buffer.
     */
    protected final <T extends @Nullable Tensor> T buffer(String name, T initial) { return buffer(name, initial, true); }

    /**
     * Registers a buffer.
     *
     * @param persistent whether the buffer is part of the state dict
     */
    protected final <T extends @Nullable Tensor> T buffer(String name, T initial, boolean persistent) {
        entries.addBuffer(name, initial, persistent);
        return initial;
    }

    protected final <M extends Module> M child(String name, M module) {
        entries.addChild(name, module);
        return module;
    }

    /** Sets the entry of a child, or removes it if {@code module} is null. The previous child stays open. */
    final void putChild(String name, @Nullable Module module) {
        entries.putChild(name, module);
    }

    /** Creates a module of the same class with the same options, for {@link #copyOf}. The values of its tensors do not matter. */
    protected Module recreate() {
        throw new UnsupportedOperationException(name() + " cannot be copied: it does not override recreate()");
    }

    // ---- parameters, buffers, children

    /**
     * Returns this module's own parameter of that name; the tensor stays the module's.
     *
     * @throws IllegalArgumentException if there is none, as of a layer without bias; {@link #parameterOrNull} is for names that may be
     * absent
     */
    public final Tensor parameter(String name) {
        return entries.require(this, "parameter", entries.parameters, name);
    }

    /**
     * Returns this module's own parameter of that name, or null if it is absent, as the bias of a layer without one; the tensor stays the
     * module's.
     */
    public final @Nullable Tensor parameterOrNull(String name) {
        return entries.find(entries.parameters, name);
    }

    /**
     * Returns this module's own buffer of that name; the tensor stays the module's.
     *
     * @throws IllegalArgumentException if there is none; {@link #bufferOrNull} is for names that may be absent
     */
    public final Tensor buffer(String name) {
        return entries.require(this, "buffer", entries.buffers, name);
    }

    /** Returns this module's own buffer of that name, or null if it is absent; the tensor stays the module's. */
    public final @Nullable Tensor bufferOrNull(String name) {
        return entries.find(entries.buffers, name);
    }

    /**
     * Replaces one of this module's own parameters. If the tensor is another module's parameter, both share it ("tied weights"): it counts
     * once in {@link #parameters}, is in the state dict twice, and is closed with the first of them.
     *
     * @throws IllegalArgumentException if there is no parameter of that name, or its shape differs
     */
    public final void setParameter(String name, @Nullable Tensor tensor) { Entries.replace(this, entries.parameters, name, tensor); }

    /** Replaces one of this module's own buffers, as {@link #setParameter} does for parameters. */
    public final void setBuffer(String name, @Nullable Tensor tensor) {
        Entries.replace(this, entries.buffers, name, tensor);
    }

    /** Is called before one of this module's own parameters or buffers is replaced. The default does nothing. */
    protected void replacing(String name, @Nullable Tensor tensor) {}

    /**
     * Registers a parameter of a module that is finished, PyTorch's {@code register_parameter}: the module owns it from now on.
     *
     * @param tensor the parameter, or null to register the name of an absent one
     * @param requiresGrad whether the parameter is trained; one that is not may have any element type
     * @throws IllegalArgumentException if the module has something of that name
     */
    public final void registerParameter(String name, @Nullable Tensor tensor, boolean requiresGrad) {
        parameter(name, tensor, requiresGrad);
    }

    /**
     * Registers a buffer of a module that is finished, PyTorch's {@code register_buffer}: the module owns it from now on.
     *
     * @param tensor the buffer, or null to register the name of an absent one
     * @param persistent whether the buffer is part of the state dict
     * @throws IllegalArgumentException if the module has something of that name
     */
    public final void registerBuffer(String name, @Nullable Tensor tensor, boolean persistent) { buffer(name, tensor, persistent); }

    /**
     * Registers a child of a module that is finished, PyTorch's {@code add_module}: the module owns it from now on.
     *
     * @throws IllegalArgumentException if the module has something of that name
     */
    public final void registerModule(String name, Module module) { child(name, module); }

    /**
     * Removes a parameter or buffer, as Python's {@code del module.weight}. The tensor is the caller's from now on; null if it was absent.
     *
     * @throws IllegalArgumentException if this module itself has no parameter or buffer of that name
     */
    public final @Nullable Tensor unregisterTensor(String name) {
        return entries.removeTensor(this, name);
    }

    /**
     * Removes a child, as Python's {@code del module.fc}, for a {@code forward} that can do without it. The child is the caller's from now
     * on.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public final Module unregisterModule(String name) {
        return entries.removeChild(this, name);
    }

    /**
     * Lets a rule compute what {@link #parameter} or {@link #buffer} returns for a name, and so what {@code forward} uses. A stored tensor
     * of that name stays where it is.
     *
     * @param rule the rule; null for the stored tensor
     */
    public final void setRule(String name, @Nullable TensorRule rule) {
        requireRules(name);
        entries.setRule(name, rule);
    }

    /** Returns the rule that computes a tensor of this module, or null if it is stored. */
    public final @Nullable TensorRule ruleOrNull(String name) {
        return entries.rules().get(name);
    }

    /** Throws if {@code forward} does not take a tensor from {@link #parameter} or {@link #buffer}. The default does nothing. */
    protected void requireRules(String name) {}

    Map<String, TensorRule> rules() { return entries.rules(); }

    /** Returns the child modules by their names. */
    public final Map<String, Module> namedChildren() {
        return Collections.unmodifiableMap(entries.children);
    }

    /**
     * Returns a module inside this one, PyTorch's {@code get_submodule}.
     *
     * @param path its full name, as {@code layer1.0.conv1}; empty for this module
     * @throws IllegalArgumentException if there is none
     */
    public final Module submodule(String path) {
        return ModuleTree.find(this, path);
    }

    /**
     * Replaces a module inside this one, as Python's {@code model.layer1.conv1 = module} does. The new module takes the old one's place in
     * the order of children, its name in the state dict and its training mode; device and type of its tensors stay.
     *
     * <pre>{@code
     * network.setChild("fc", new Linear(512, 10));
     * network.setChild("layer1.0.conv1", new Sequential(network.submodule("layer1.0.conv1"), new Dropout2d(0.1)));
     * }</pre>
     *
     * <p>
     * Fields of this module and of those inside that hold the old module then hold the new one, as do elements of their arrays, lists and
     * maps. So a {@code forward} that calls a child by its field calls the new one. Where that is impossible nothing changes, and the error
     * names the field: it is final, it has another type, its package is not open to {@code panatorch.nn}, or the old module is also
     * registered elsewhere. A {@code forward} that calls {@code submodule(name)} has no such limits. Call this on the outermost module,
     * since modules around this one are not searched.
     *
     * <p>
     * The old module and its tensors are closed, except those that are still part of this module, as where the new module contains the old
     * one. A later call of the old module is an {@link IllegalStateException}. An optimiser still has the old parameters, so create it
     * afterwards.
     *
     * @param path full name of the module that is replaced, as {@code layer1.0.conv1}
     * @param module the new module, which this module owns from now on
     * @throws IllegalArgumentException if there is no module of that name, or {@code module} contains this one
     * @throws IllegalStateException if something that cannot be changed holds the old module
     */
    public final void setChild(String path, Module module) {
        Replacement.make(this, path, module);
        replaced.removeIf(before -> before.equals(path) || before.startsWith(path + "."));
        replaced.add(path);
    }

    /**
     * Replaces all modules inside this one that satisfy a condition, as {@link #setChild} does. What is inside a replaced module is not
     * visited. A module that is registered under several names is replaced by one new module under all of them.
     *
     * <pre>{@code
     * network.replace(m -> m instanceof ReLU, old -> new GELU());
     * }</pre>
     *
     * @param which condition
     * @param factory creates the new module from the old one. It may return the old one, or a module that contains it
     * @return the number of names whose module was replaced
     */
    public final int replace(Predicate<? super Module> which, UnaryOperator<Module> factory) {
        var places = new LinkedHashMap<String, Module>();
        ModuleTree.visit(this, (prefix, m) -> { if (m != this && which.test(m)) places.put(prefix, m); });
        return Replacement.all(this, places, factory);
    }

    /** Is called before one of this module's own children is replaced, and may throw to refuse. The default does nothing. */
    protected void replacingChild(String name, Module module) {}

    /** Returns the paths that {@link #setChild} has replaced, outer before inner. */
    Set<String> replacedPaths() { return replaced; }

    /**
     * Returns all parameters by their full names ({@code layer1.0.conv1.weight}), in PyTorch's order, shared ones once. They stay the
     * modules' own.
     *
     * @throws IllegalStateException if a field holds a module with parameters that is not registered, which would be missing here
     */
    public final Map<String, Tensor> namedParameters() {
        if (!fieldsChecked) checkFields();
        return ModuleTree.tensors(this, m -> {
            m.requireTensors();
            return m.ownParameters();
        });
    }

    /** Returns {@link #namedParameters()} without those of lazy modules that were not created. */
    Map<String, Tensor> createdParameters() {
        return ModuleTree.tensors(this, Module::ownParameters);
    }

    /**
     * Returns parameters by their names.
     *
     * @param recurse whether those of modules inside are among them, as in {@link #namedParameters()}; if not, only this module's own
     */
    public final Map<String, Tensor> namedParameters(boolean recurse) {
        return recurse ? namedParameters() : Entries.present(entries.parameters);
    }

    /**
     * Returns buffers by their names.
     *
     * @param recurse whether those of modules inside are among them, as in {@link #namedBuffers()}; if not, only this module's own
     */
    public final Map<String, Tensor> namedBuffers(boolean recurse) {
        return recurse ? namedBuffers() : Entries.present(entries.buffers);
    }

    public final List<Tensor> parameters() { return new ArrayList<>(namedParameters().values()); }

    /** Returns all buffers by their full names, persistent or not, shared ones once. */
    public final Map<String, Tensor> namedBuffers() {
        return ModuleTree.tensors(this, Module::ownBuffers);
    }

    /**
     * Returns parameters and persistent buffers by their full names, in PyTorch's order, and {@link #extraState extra state}. Parameters
     * and buffers are no copies and stay the modules'; extra state belongs to the current scope.
     */
    public final Map<String, Tensor> stateDict() {
        var all = new LinkedHashMap<String, Tensor>();
        save("", all);
        return all;
    }

    private void save(String prefix, SequencedMap<String, Tensor> all) {
        putTensors(prefix, all);
        Tensor extra = extraState();
        if (extra != null) all.put(prefix + EXTRA_STATE, extra);
        entries.children.forEach((name, m) -> m.save(prefix + name + ".", all));
        hooked(h -> h.saved(this, prefix, all));
    }

    void putTensors(String prefix, Map<String, Tensor> all) {
        entries.save(prefix, all);
    }

    /** The name of extra state in a state dict. */
    static final String EXTRA_STATE = "_extra_state";

    /**
     * Returns what a state dict has to hold of this module beside its parameters and buffers, PyTorch's {@code get_extra_state}; null, as
     * by default, for nothing. A module that overrides this has to override {@link #setExtraState} too.
     */
    protected @Nullable Tensor extraState() { return null; }

    /** Takes what {@link #extraState} has returned, PyTorch's {@code set_extra_state}. The tensor is not this module's to keep. */
    protected void setExtraState(Tensor state) {
        throw new UnsupportedOperationException(name() + " overrides extraState() and has to override setExtraState");
    }

    /** Returns the hooks of {@link #stateDict} and {@link #loadStateDict}, to which hooks can be added. */
    public final synchronized StateHooks stateHooks() {
        StateHooks h = stateHooks;
        if (h == null) stateHooks = h = new StateHooks();
        return h;
    }

    /** Returns this module and all modules inside, outer before inner, shared ones once. */
    public final List<Module> modules() {
        return new ArrayList<>(namedModules().values());
    }

    /** Returns {@link #modules} by their full names; the name of this module is empty. */
    public final Map<String, Module> namedModules() {
        return ModuleTree.named(this);
    }

    /** Calls {@code visitor} with every module inside and then with this one, as for initialisation. */
    public final Module apply(Consumer<? super Module> visitor) {
        ModuleTree.visitInnerFirst(this, visitor);
        return this;
    }

    public final long parameterCount() { return parameters().stream().mapToLong(Tensor::numel).sum(); }

    /** Returns the memory of the parameters and buffers in bytes, as their shapes and types tell it. */
    public final long weightBytes() {
        return Stream.of(namedParameters(), namedBuffers()).flatMap(m -> m.values().stream()).mapToLong(t -> t.numel() * t.dtype().bytes())
                .sum();
    }

    /** The names that a state dict lacked and those that it had in excess. */
    public record LoadReport(List<String> missing, List<String> unexpected) {}

    /** Loads a state dict strictly, as {@link #loadStateDict(Map, boolean)}. */
    public final LoadReport loadStateDict(Map<String, Tensor> state) {
        return loadStateDict(state, true);
    }

    /**
     * Copies {@code state} into the tensors of the same names, converting type and device. Nothing is changed unless everything fits.
     *
     * @param strict whether a missing or unexpected name is an error
     * @throws IllegalArgumentException if a shape differs or, with {@code strict}, a name; the message is PyTorch's
     */
    public final LoadReport loadStateDict(Map<String, Tensor> state, boolean strict) {
        return StateDictLoader.load(this, state, strict);
    }

    void hooked(Consumer<StateHooks> use) {
        StateHooks h = stateHooks;
        if (h != null) use.accept(h);
    }

    boolean hasExtraState() {
        try (var scope = Scope.open()) {
            return extraState() != null;
        }
    }

    /**
     * Prepares the module for tensors that it creates late. {@link #loadStateDict} calls it before names are compared, with this module's
     * own entries by their short names. It may set absent buffers. Values are copied afterwards; the buffers stay if the rest does not fit.
     */
    protected void beforeLoad(Map<String, Tensor> own) {}

    /** Returns this module's own entries that older state dicts lack; they keep their values then. */
    Set<String> optionalKeys() {
        return Set.of();
    }

    /**
     * Returns a module with the same values, modes and ties between its tensors, in memory of its own and without hooks. Draws no random
     * numbers.
     */
    @SuppressWarnings("unchecked") public static <M extends Module> M copyOf(M module) { return (M) Copies.of(module); }

    /** Throws if this module has no tensors yet. */
    void requireTensors() {}

    /** Returns whether a buffer of this module is part of the state dict. */
    boolean isPersistent(String buffer) {
        return entries.isPersistent(buffer);
    }

    Map<String, @Nullable Tensor> ownParameters() { return entries.parameters; }

    Map<String, @Nullable Tensor> ownBuffers() { return entries.buffers; }

    // ---- modes and devices

    /** Sets training or evaluation mode, on which dropout and batch normalisation depend, for this module and all modules inside. */
    public final Module train(boolean on) {
        ModuleTree.visit(this, (prefix, m) -> m.setTraining(on));
        return this;
    }

    public final Module train() { return train(true); }

    public final Module eval() { return train(false); }

    /** Returns whether this module is in training mode. A module that only groups another's children returns their mode. */
    public boolean isTraining() {
        return training;
    }

    /** Sets the mode of this module alone; {@link #train(boolean)} does so for it and each module inside. */
    protected final void setTraining(boolean on) {
        training = on;
        modeChanged(on);
    }

    /** Called when this module's own mode has been set. The default does nothing. */
    protected void modeChanged(boolean training) {}

    /** Sets whether all parameters require gradients; without gradients they are frozen. */
    public final Module requiresGrad(boolean on) {
        parameters().forEach(p -> p.requiresGrad_(on));
        return this;
    }

    /** Removes the gradients of all parameters. */
    public final void zeroGrad() { parameters().forEach(p -> p.setGrad(null)); }

    /**
     * Moves parameters and buffers to a device. On {@code Device.META} they have no data, and are other tensors than before: an optimiser
     * has to be created anew.
     *
     * @throws UnsupportedOperationException if they are on {@code Device.META} and have no data to move; {@link #toEmpty} is for them
     */
    public final Module to(Device device) { return to(device, null, null); }

    /**
     * Gives all parameters and buffers new memory on a device, without values, for weights that are loaded or initialised next. From
     * {@code Device.META} they become other tensors; otherwise they stay the same objects. Gradients are removed.
     */
    public final Module toEmpty(Device device) {
        Moves.toEmpty(this, device);
        return this;
    }

    /** Changes the memory format of tensors of four dimensions, or of five with {@code CHANNELS_LAST_3D}. */
    public final Module to(MemoryFormat format) {
        return to(null, null, format);
    }

    /** Converts floating-point parameters and buffers to a type. */
    public final Module to(DType dtype) { return to(null, dtype, null); }

    /**
     * Moves and converts parameters, their gradients and buffers; null leaves an aspect unchanged. The tensors stay the same objects, so
     * optimisers keep them, unless they move to {@code Device.META}.
     *
     * @param dtype type of floating-point tensors; others keep theirs
     * @param format memory format of tensors of four dimensions, or of five with {@code CHANNELS_LAST_3D}
     */
    public final Module to(@Nullable Device device, @Nullable DType dtype, @Nullable MemoryFormat format) {
        Moves.to(this, device, dtype, format);
        return this;
    }

    /** Frees parameters and buffers of this module, and closes all modules inside. Closing twice is harmless. */
    @Override public void close() {
        entries.close();
    }

    // ---- text

    final String name() { return getClass().getSimpleName(); }

    /** Returns a number as Python prints it, for {@link #describe()}. */
    protected static String describe(double number) {
        return Repr.of(number);
    }

    /** Returns the options in {@link #toString}, as PyTorch prints them. */
    protected String describe() { return ""; }

    /** Returns the module as PyTorch prints it. */
    @Override public String toString() {
        return Repr.module(name(), describe(), entries.children);
    }
}
