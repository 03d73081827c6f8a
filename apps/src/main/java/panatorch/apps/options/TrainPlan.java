package panatorch.apps.options;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that a run of {@code train} depends on. Equal plans give the same weights, bit for bit, on the same CPU.
 *
 * @param data the data set
 * @param model the network and its dropout
 * @param learning how long and by what rule the network is trained
 * @param compute where it is computed
 */
public record TrainPlan(DataPlan data, ModelPlan model, LearningPlan learning, ComputePlan compute) {
    /** Returns the values that took the place of defaults, by option. */
    public Map<String, Object> derived() {
        var derived = new LinkedHashMap<>(data.derived());
        derived.putAll(model.derived());
        derived.putAll(learning.derived());
        derived.putAll(compute.derived());
        return derived;
    }
}
