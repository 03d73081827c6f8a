package panatorch.optim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** Parameters that an optimiser updates with the same options. Its entries have the names of Python's {@code param_groups}. */
public final class ParameterGroup {
    private final List<Tensor> parameters;
    /** The state of each parameter; empty before its first step. */
    final List<Map<String, @Nullable Object>> states = new ArrayList<>();
    /** Entries that are not options: values that schedulers store, and entries of Python that Java does not use. */
    private final Map<String, @Nullable Object> extras;
    private Record options;
    /** The tensor from which fused steps read the learning rate, or null for the options' number. */
    @Nullable
    Tensor rate;

    ParameterGroup(List<Tensor> parameters, Record options, Map<String, @Nullable Object> extras) {
        this.parameters = List.copyOf(parameters);
        this.options = Require.consistent(options);
        this.extras = new LinkedHashMap<>(extras);
        for (int i = 0; i < parameters.size(); i++) states.add(new LinkedHashMap<>());
    }

    public List<Tensor> parameters() { return parameters; }

    /**
     * Returns the i-th parameter.
     *
     * @throws IllegalStateException if the parameter is closed. The message gives its index, which the tensor itself does not know
     */
    Tensor open(int i) {
        Tensor p = parameters.get(i);
        if (!p.isClosed()) return p;
        try {
            p.dim();
        } catch (IllegalStateException closed) {
            throw new IllegalStateException("parameter " + i + " of the " + parameters.size() + " in this group cannot be optimised, "
                    + "because it or its module was closed; " + closed.getMessage(), closed.getCause());
        }
        return p;
    }

    public Record options() { return options; }

    public double learningRate() { return number("lr"); }

    public void setLearningRate(double lr) { set("lr", lr); }

    /**
     * Returns an option or a value stored by a scheduler, such as {@code weight_decay} or {@code initial_lr}; null if there is none.
     */
    public @Nullable Object get(String key) { return entries().get(key); }

    public boolean has(String key) { return OptionsMap.has(options, key) || extras.containsKey(key); }

    /**
     * Returns a numeric entry.
     *
     * @throws IllegalArgumentException if there is no such entry
     */
    public double number(String key) {
        if (get(key) instanceof Number n) return n.doubleValue();
        throw new IllegalArgumentException("the parameter group has no number '" + key + "'");
    }

    /**
     * Sets an option, or stores a value if there is no such option.
     *
     * @throws IllegalArgumentException if the optimiser does not allow the value
     */
    public void set(String key, @Nullable Object value) {
        var change = new LinkedHashMap<String, @Nullable Object>();
        change.put(key, value);
        setAll(change);
    }

    void setAll(Map<String, @Nullable Object> entries) {
        options = OptionsMap.with(options, entries);
        entries.forEach((key, value) -> {
            if (!OptionsMap.has(options, key)) extras.put(key, value);
        });
    }

    Map<String, @Nullable Object> entries() {
        Map<String, @Nullable Object> all = OptionsMap.of(options);
        all.putAll(extras);
        return all;
    }

    @Override public String toString() { return parameters.size() + " parameters, " + entries(); }
}
