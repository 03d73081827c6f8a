package panatorch.optim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Hooks;

/**
 * Updates parameters by their gradients. Owns its state until it is closed, but not the parameters. For use by one thread.
 *
 * <p>
 * A step is a handful of native calls, however many parameters there are: libtorch's operators on lists of tensors ({@code foreach}), or
 * one call for the whole step ({@code fused}) if the options ask for it. PyTorch's loop over the parameters is used only by the few
 * optimisers whose pages say so.
 *
 * <p>
 * To write an optimiser, declare a record of options that contains {@code lr}, and implement {@link #update(ParameterBucket)}.
 */
public abstract class Optimizer implements AutoCloseable {
    /** Entries of Python's groups that Java does not use: it always works on lists, and neither in CUDA graphs nor differentiably. */
    static final Map<String, @Nullable Object> PYTHON = new LinkedHashMap<>();
    static final Map<String, @Nullable Object> NO_GRAPHS = new LinkedHashMap<>(), FOREACH = new LinkedHashMap<>();
    static {
        PYTHON.put("foreach", null);
        PYTHON.put("capturable", false);
        PYTHON.put("differentiable", false);
        NO_GRAPHS.putAll(PYTHON);
        NO_GRAPHS.remove("capturable");
        FOREACH.put("foreach", null);
    }

    private final List<Consumer<? super Optimizer>> before = new CopyOnWriteArrayList<>(), after = new CopyOnWriteArrayList<>();
    private final List<UnaryOperator<Map<String, Object>>> saved = new CopyOnWriteArrayList<>();
    private final List<UnaryOperator<Map<String, ?>>> loading = new CopyOnWriteArrayList<>();
    private final List<ParameterGroup> groups;
    private final Map<String, @Nullable Object> extras;

    /**
     * Creates an optimiser with one group.
     *
     * @param extras entries of Python's groups that are not options, or none
     */
    protected Optimizer(List<Tensor> parameters, Record options, Map<String, @Nullable Object> extras) {
        this.extras = extras;
        groups = new ArrayList<>();
        add(parameters, options);
    }

    protected Optimizer(List<Tensor> parameters, Record options) { this(parameters, options, Map.of()); }

    /** Creates an optimiser that shares the groups and the state of another one. */
    Optimizer(Optimizer wrapped) {
        extras = wrapped.extras;
        groups = wrapped.groups;
    }

    // ---- groups

    public final List<ParameterGroup> groups() { return Collections.unmodifiableList(groups); }

    /**
     * Adds a group of parameters with options of its own.
     *
     * @throws IllegalArgumentException if there are none, a parameter is in a group already or twice in this one, or the options are
     * another optimiser's
     */
    public void addParamGroup(List<Tensor> parameters, Record options) { add(parameters, options); }

    private void add(List<Tensor> parameters, Record options) {
        if (parameters.isEmpty()) throw new IllegalArgumentException("the list of parameters is empty");
        if (!groups.isEmpty() && options.getClass() != groups.getFirst().options().getClass())
            throw new IllegalArgumentException("the options are not those of " + getClass().getSimpleName() + ": " + options);
        Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        for (ParameterGroup g : groups) seen.addAll(g.parameters());
        for (Tensor p : parameters) if (!seen.add(p)) throw new IllegalArgumentException("a parameter appears twice: " + p.describe());
        groups.add(new ParameterGroup(parameters, options, extras));
    }

    /** Returns the learning rate of the first group. */
    public final double learningRate() { return groups.getFirst().learningRate(); }

    /** Sets the learning rate of all groups. */
    public final void setLearningRate(double lr) {
        for (ParameterGroup g : groups) g.setLearningRate(lr);
    }

    // ---- steps

    /**
     * Updates all parameters that have a gradient.
     *
     * @throws IllegalStateException if a parameter is closed; nothing is changed
     * @throws IllegalArgumentException if a gradient is sparse and the optimiser does not take such; nothing is changed
     */
    public void step() { step(null, null, null); }

    /**
     * Updates the parameters with the gradients of {@code closure}, which frees the gradients, computes the loss, calls {@code backward}
     * and returns the loss.
     *
     * @return the loss, which belongs to the current scope
     */
    public Tensor step(Supplier<Tensor> closure) {
        return Objects.requireNonNull(step(closure, null, null));
    }

    /**
     * Adds a hook that is called before every step and before its closure: PyTorch's {@code register_step_pre_hook}. Hooks are called in
     * the order in which they were added.
     *
     * @return a handle that removes the hook
     */
    public final Hooks.Handle beforeStep(Consumer<? super Optimizer> hook) { return add(before, hook); }

    /** Adds a hook that is called after every step that did not throw: PyTorch's {@code register_step_post_hook}. */
    public final Hooks.Handle afterStep(Consumer<? super Optimizer> hook) {
        return add(after, hook);
    }

    /** Adds a hook that may change what {@link #stateDict} returns: PyTorch's {@code register_state_dict_post_hook}. */
    public final Hooks.Handle afterStateDict(UnaryOperator<Map<String, Object>> hook) {
        return add(saved, hook);
    }

    /** Adds a hook that may replace what {@link #loadStateDict} gets: PyTorch's {@code register_load_state_dict_pre_hook}. */
    public final Hooks.Handle beforeLoadStateDict(UnaryOperator<Map<String, ?>> hook) {
        return add(loading, hook);
    }

    private static <H> Hooks.Handle add(List<H> hooks, H hook) {
        hooks.add(hook);
        return () -> hooks.remove(hook);
    }

    /** Runs {@code step} with the hooks before and after it, and returns its result. */
    final <T extends @Nullable Object> T hooked(Supplier<T> step) {
        before.forEach(hook -> hook.accept(this));
        T result = step.get();
        after.forEach(hook -> hook.accept(this));
        return result;
    }

    /** Returns whether {@link #scaledStep} works: the options have to ask for the fused operator in every group. */
    public boolean supportsScaledStep() {
        return groups.stream().allMatch(g -> Boolean.TRUE.equals(g.get("fused")));
    }

    /**
     * Makes a step for {@link panatorch.amp.GradScaler}: divides the gradients by {@code gradScale}, unless that is null, and changes
     * nothing if {@code foundInf} is not 0. Does not wait for the device.
     */
    public final void scaledStep(@Nullable Tensor gradScale, Tensor foundInf) {
        if (!supportsScaledStep()) throw new IllegalStateException(getClass().getSimpleName() + " is not fused; set options.fused(true)");
        step(null, gradScale, foundInf);
    }

    private @Nullable Tensor step(@Nullable Supplier<Tensor> closure, @Nullable Tensor gradScale, @Nullable Tensor foundInf) {
        return hooked(() -> {
            Tensor loss = closure == null ? null : evaluated(closure);
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                var buckets = new ArrayList<ParameterBucket>();
                for (ParameterGroup g : groups) buckets.addAll(ParameterBucket.of(g, gradScale, foundInf));
                for (ParameterBucket b : buckets) if (b.isSparse()) checkSparse(b);
                buckets.forEach(this::update);
            }
            return loss;
        });
    }

    static Tensor evaluated(Supplier<Tensor> closure) {
        try (var grad = NoGrad.enableGrad()) {
            return closure.get();
        }
    }

    /**
     * Checks a bucket with sparse gradients before anything is updated. By default it throws, as most optimisers need all elements of a
     * gradient.
     *
     * @throws IllegalArgumentException if {@link #update} cannot take it
     */
    protected void checkSparse(ParameterBucket bucket) {
        throw new IllegalArgumentException(getClass().getSimpleName()
                + " does not support sparse gradients; use SparseAdam, SGD or Adagrad for these parameters, or make the embedding without "
                + "sparse(true)");
    }

    /**
     * Changes the parameters of a bucket in place. It is called in a scope, with gradient recording off. {@link ParameterBucket#state}
     * creates the state.
     */
    protected abstract void update(ParameterBucket bucket);

    /** Frees the gradients. */
    public final void zeroGrad() { zeroGrad(true); }

    /** Frees the gradients, or fills them with zeros. */
    public final void zeroGrad(boolean setToNull) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            var filled = new ArrayList<Tensor>();
            for (ParameterGroup g : groups) {
                for (int i = 0; i < g.parameters().size(); i++) {
                    Tensor p = g.open(i);
                    if (setToNull) p.setGrad(null);
                    else if (p.grad() instanceof Tensor grad) filled.add(grad.detach_());
                }
            }
            if (!filled.isEmpty()) Aten._foreachZero_(filled);
        }
    }

    // ---- state

    /**
     * Returns the state in Python's form: {@code state} by the parameters' indices, and {@code param_groups}. It consists of maps, lists,
     * tensors, numbers, booleans, strings and nulls. The tensors are the optimiser's own, not copies, unless a hook has replaced them.
     */
    public final Map<String, Object> stateDict() {
        var states = new LinkedHashMap<Long, Object>();
        var groupDicts = new ArrayList<Object>();
        long index = 0;
        for (ParameterGroup g : groups) {
            var indices = new ArrayList<Long>();
            for (Map<String, @Nullable Object> s : g.states) {
                if (!s.isEmpty()) states.put(index, new LinkedHashMap<>(s));
                indices.add(index++);
            }
            Map<String, @Nullable Object> dict = g.entries();
            dict.put("params", indices);
            groupDicts.add(dict);
        }
        var all = new LinkedHashMap<String, Object>();
        all.put("state", states);
        all.put("param_groups", groupDicts);
        Map<String, Object> changed = all;
        for (UnaryOperator<Map<String, Object>> hook : saved) changed = hook.apply(changed);
        return changed;
    }

    /**
     * Copies a state of {@link #stateDict}'s form, Python's or Java's, together with the groups' options. Tensors take the type and device
     * of their parameter, as in Python; step counts stay in float32.
     *
     * @throws IllegalArgumentException if groups, sizes or options do not fit; nothing is changed then
     */
    public final void loadStateDict(Map<String, ?> given) {
        Map<String, ?> state = given;
        for (UnaryOperator<Map<String, ?>> hook : loading) state = hook.apply(state);
        List<?> groupDicts = checked("param_groups", state.get("param_groups"), List.class);
        if (groupDicts.size() != groups.size())
            throw new IllegalArgumentException("the state has " + groupDicts.size() + " parameter groups, but the optimiser has "
                    + groups.size());
        var entries = new ArrayList<Map<String, @Nullable Object>>();
        var indices = new ArrayList<Long>();
        for (int i = 0; i < groups.size(); i++) {
            var dict = new LinkedHashMap<String, @Nullable Object>();
            for (Map.Entry<?, ?> e : entries(checked("a parameter group", groupDicts.get(i), Map.class)))
                dict.put(checked("an option's name", e.getKey(), String.class), e.getValue());
            List<?> params = checked("params", dict.remove("params"), List.class);
            if (params.size() != groups.get(i).parameters().size())
                throw new IllegalArgumentException("parameter group " + i + " of the state has another size");
            for (Object p : params) indices.add(checked("a parameter's index", p, Number.class).longValue());
            OptionsMap.with(groups.get(i).options(), dict);
            entries.add(dict);
        }
        var states = new LinkedHashMap<Long, Map<?, ?>>();
        for (Map.Entry<?, ?> e : entries(checked("state", state.get("state"), Map.class)))
            states.put(checked("a parameter's index", e.getKey(), Number.class).longValue(),
                    checked("a parameter's state", e.getValue(), Map.class));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            // Copies first: the state may be this optimiser's own.
            var copies = new ArrayList<Map<String, @Nullable Object>>();
            for (int i = 0; i < groups.size(); i++) {
                boolean fused = Boolean.TRUE.equals(entries.get(i).get("fused"));
                for (Tensor p : groups.get(i).parameters()) {
                    var copy = new LinkedHashMap<String, @Nullable Object>();
                    Map<?, ?> loaded = states.get(indices.get(copies.size()));
                    if (loaded != null) loaded.forEach((k, v) -> {
                        String key = String.valueOf(k);
                        copy.put(key, StateValues.copied(p, fused, key, v));
                    });
                    copies.add(copy);
                }
            }
            freeState();
            var next = copies.iterator();
            for (int i = 0; i < groups.size(); i++) {
                groups.get(i).setAll(entries.get(i));
                for (Map<String, @Nullable Object> s : groups.get(i).states)
                    next.next().forEach((k, v) -> s.put(k, StateValues.escaped(v)));
            }
        }
    }

    private static <T> T checked(String what, @Nullable Object value, Class<T> type) {
        if (type.isInstance(value)) return type.cast(value);
        throw new IllegalArgumentException("not the state of an optimiser: " + what + " is " + (value == null ? "missing" : "a "
                + value.getClass().getSimpleName()));
    }

    private static Iterable<? extends Map.Entry<?, ?>> entries(Map<?, ?> map) { return map.entrySet(); }

    /** Frees the state. Closing twice is harmless. */
    @Override public void close() { freeState(); }

    private void freeState() {
        for (ParameterGroup g : groups) {
            for (Map<String, @Nullable Object> s : g.states) {
                s.values().forEach(StateValues::free);
                s.clear();
            }
        }
    }

    @Override public String toString() { return getClass().getSimpleName() + groups; }
}
