package panatorch.apps.options;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Length and rules of a training, resolved from {@link LearningOptions}.
 *
 * @param step how a step is made
 * @param schedule the learning-rate schedule
 * @param accumulate batches of a step
 * @param lr highest learning rate
 * @param clipNorm highest Euclidean norm of the gradients; null without clipping
 * @param mixup alpha of mixup; null without it
 * @param cutmix alpha of CutMix; null without it
 * @param ema decay of the moving average of the weights; null without it
 * @param earlyStop epochs without improvement after which training ends; null to train all epochs
 * @param measure measure by which epochs are compared
 */
public record LearningPlan(StepPlan step, SchedulePlan schedule, int accumulate, double lr, @Nullable Double clipNorm,
        @Nullable Double mixup,
        @Nullable Double cutmix, @Nullable Double ema, @Nullable Integer earlyStop, MeasureName measure) {
    /** Returns the number of epochs. */
    public int epochs() { return schedule.epochs(); }

    /** Returns the values that took the place of defaults, by option. */
    public Map<String, Object> derived() {
        var derived = new LinkedHashMap<>(step.derived());
        derived.put("--epochs", epochs());
        derived.put("--lr", lr);
        if (schedule.name() == ScheduleName.STEP) derived.put("--step-epochs", schedule.stepEpochs());
        if (schedule.name() == ScheduleName.MULTI_STEP) derived.put("--milestones", schedule.milestones());
        return derived;
    }
}
