package panatorch.apps.options;

import java.util.List;
import panatorch.optim.CosineAnnealingLR;
import panatorch.optim.LRScheduler;
import panatorch.optim.LambdaLR;
import panatorch.optim.LinearLR;
import panatorch.optim.MultiStepLR;
import panatorch.optim.OneCycleLR;
import panatorch.optim.Optimizer;
import panatorch.optim.ReduceLROnPlateau;
import panatorch.optim.SequentialLR;
import panatorch.optim.StepLR;
import panatorch.train.Schedule;

/**
 * The learning-rate schedule of a run, as resolved from {@link LearningOptions}.
 *
 * @param name the schedule
 * @param epochs epochs of the run
 * @param warmUp epochs of the warm-up
 * @param stepEpochs epochs between two reductions of {@code step}
 * @param milestones epochs after which {@code multi-step} reduces the rate
 * @param gamma factor of a reduction
 * @param plateauPatience epochs without improvement before {@code plateau} reduces the rate
 * @param measure measure that {@code plateau} watches
 */
public record SchedulePlan(ScheduleName name, int epochs, double warmUp, int stepEpochs, List<Integer> milestones, double gamma,
        int plateauPatience,
        MeasureName measure) {
    /** Rate at which a warm-up begins, as a part of the learning rate. */
    private static final double WARM_UP_FROM = 0.01;

    /**
     * Creates the schedule.
     *
     * @param steps optimisation steps of an epoch
     */
    public Schedule over(Optimizer optimizer, long steps) {
        long all = epochs * steps, rise = Math.round(warmUp * steps);
        if (name == ScheduleName.PLATEAU) {
            var options = ReduceLROnPlateau.options().maximize(measure == MeasureName.ACCURACY).factor(gamma).patience(plateauPatience);
            return Schedule.onPlateau(new ReduceLROnPlateau(optimizer, options), measure.toString());
        }
        if (name == ScheduleName.ONE_CYCLE) {
            double rising = rise == 0 ? 0.3 : (double) rise / all;
            return Schedule.eachStep(
                    new OneCycleLR(optimizer, OneCycleLR.options(optimizer.learningRate(), all).pctStart(rising).cycleMomentum(false)));
        }
        if (rise == 0) return Schedule.eachStep(afterWarmUp(optimizer, all, steps, 0));
        var rising = new LinearLR(optimizer, WARM_UP_FROM, 1, rise);
        return Schedule.eachStep(new SequentialLR(optimizer, List.of(rising, afterWarmUp(optimizer, all - rise, steps, rise)), rise));
    }

    /**
     * Creates the schedule that follows the warm-up.
     *
     * @param all steps after the warm-up
     * @param steps steps of an epoch
     * @param before steps of the warm-up, which count as part of the epochs
     */
    private LRScheduler afterWarmUp(Optimizer optimizer, long all, long steps, long before) {
        return switch (name) {
            case COSINE -> new CosineAnnealingLR(optimizer, all);
            case STEP -> new StepLR(optimizer, stepEpochs * steps, gamma);
            case MULTI_STEP ->
                    new MultiStepLR(optimizer, gamma, milestones.stream().mapToLong(e -> e * steps - before).filter(s -> s > 0).toArray());
            case CONSTANT, ONE_CYCLE, PLATEAU -> new LambdaLR(optimizer, step -> 1);
        };
    }
}
