package panatorch.apps.options;

import java.util.Map;

/**
 * The settings of distillation, resolved from {@link DistillOptions}.
 *
 * @param perturb probability that a pixel is blanked
 * @param samples dropout masks of an example in a step
 * @param epochs epochs of the run
 * @param lr learning rate
 * @param batchSize examples of a batch
 * @param mc samples of the Monte-Carlo prediction with which the student is compared
 */
public record DistillPlan(double perturb, int samples, int epochs, double lr, int batchSize, int mc) {
    /** Returns the epoch after which the learning rate falls to a tenth: two thirds of all, as in the paper. */
    public long fall() {
        return Math.max(1, Math.round(epochs * 2 / 3.0));
    }

    /** Returns the values that took the place of defaults, by option. */
    public Map<String, Object> derived() {
        return Map.of("--perturb", perturb);
    }
}
