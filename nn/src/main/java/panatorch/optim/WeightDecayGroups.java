package panatorch.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * Optimisers whose weight decay leaves out biases and the scales of normalisations: parameters of at most one dimension, and those whose
 * name ends with {@code bias}. They form a second group with weight decay 0.
 *
 * <pre>{@code
 * AdamW optimizer = WeightDecayGroups.optimizer(net, AdamW.options(1e-3).weightDecay(0.05), AdamW::new);
 * }</pre>
 */
public final class WeightDecayGroups {
    private WeightDecayGroups() {}

    /**
     * Creates an optimiser for all parameters of a model.
     *
     * @param options options of the first group, with the weight decay of weights
     * @param create constructor of the optimiser, such as {@code AdamW::new}
     * @throws IllegalArgumentException if the options have no weight decay, or the model has no parameters
     */
    public static <O extends Record, T extends Optimizer> T optimizer(Module model, O options, BiFunction<List<Tensor>, O, T> create) {
        return optimizer(model, options, create, name -> false);
    }

    /**
     * Creates an optimiser for all parameters of a model, of which more than biases and normalisations do not decay.
     *
     * @param exempt the full names of parameters without weight decay, such as {@code name -> name.endsWith("pos_embed")}
     */
    public static <O extends Record, T extends Optimizer> T optimizer(Module model, O options, BiFunction<List<Tensor>, O, T> create,
            Predicate<String> exempt) {
        if (!OptionsMap.has(options, "weight_decay"))
            throw new IllegalArgumentException("these options have no weight decay to split the parameters by: " + options);
        var decayed = new ArrayList<Tensor>();
        var others = new ArrayList<Tensor>();
        model.namedParameters()
                .forEach((name, p) -> (p.dim() <= 1 || name.endsWith("bias") || exempt.test(name) ? others : decayed).add(p));
        @SuppressWarnings("unchecked") O without = (O) OptionsMap.with(options, Map.of("weight_decay", 0.0));
        if (decayed.isEmpty()) return create.apply(others, without);
        T optimizer = create.apply(decayed, options);
        if (!others.isEmpty()) optimizer.addParamGroup(others, without);
        return optimizer;
    }
}
