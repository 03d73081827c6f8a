package panatorch.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * Groups of parameters for a new optimiser, each with options of its own: Python's list of dicts.
 *
 * <pre>{@code
 * AdamW optimizer = ParameterGroups.of(AdamW.options(1e-3))
 *         .add(head.parameters())
 *         .add(body.parameters(), Map.of("lr", 1e-4, "weight_decay", 0.0))
 *         .create(AdamW::new);
 * }</pre>
 *
 * @param <O> the optimiser's options
 */
public final class ParameterGroups<O extends Record> {
    private record Group<O>(List<Tensor> parameters, O options) {}

    private final O standard;
    private final List<Group<O>> groups = new ArrayList<>();

    private ParameterGroups(O standard) { this.standard = standard; }

    /** Returns an empty list of groups. {@code standard} are the options that a group does not change. */
    public static <O extends Record> ParameterGroups<O> of(O standard) {
        return new ParameterGroups<>(standard);
    }

    /** Adds a group with the standard options. */
    public ParameterGroups<O> add(List<Tensor> parameters) {
        return add(parameters, o -> o);
    }

    /** Adds a group with changed options: {@code o -> o.betas(0.9, 0.95)}. */
    public ParameterGroups<O> add(List<Tensor> parameters, UnaryOperator<O> change) {
        groups.add(new Group<>(List.copyOf(parameters), change.apply(standard)));
        return this;
    }

    /**
     * Adds a group with changed options by Python's names: {@code Map.of("lr", 1e-4)}.
     *
     * @throws IllegalArgumentException if the optimiser has no such option, or a value is of a wrong type or out of range
     */
    public ParameterGroups<O> add(List<Tensor> parameters, Map<String, ? extends @Nullable Object> changes) {
        for (String name : changes.keySet())
            if (!OptionsMap.has(standard, name))
                throw new IllegalArgumentException("there is no option '" + name + "' among " + OptionsMap.of(standard).keySet());
        @SuppressWarnings("unchecked") O changed = (O) OptionsMap.with(standard, Map.copyOf(changes));
        return add(parameters, o -> changed);
    }

    /**
     * Creates the optimiser.
     *
     * @param constructor constructor of the optimiser, such as {@code AdamW::new}
     * @throws IllegalArgumentException if there is no group, a group is empty, or a parameter appears twice
     */
    public <T extends Optimizer> T create(BiFunction<List<Tensor>, O, T> constructor) {
        if (groups.isEmpty()) throw new IllegalArgumentException("there is no group of parameters; add one");
        Group<O> first = groups.getFirst();
        T optimizer = constructor.apply(first.parameters, first.options);
        try {
            for (Group<O> g : groups.subList(1, groups.size())) optimizer.addParamGroup(g.parameters, g.options);
        } catch (RuntimeException e) {
            optimizer.close();
            throw e;
        }
        return optimizer;
    }
}
