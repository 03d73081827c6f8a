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

/** {@code --schedule}: how the learning rate changes over a run. */
public enum ScheduleName {
    CONSTANT, COSINE, ONE_CYCLE, STEP, MULTI_STEP, PLATEAU;

    /** Where a warm-up begins, as a part of the learning rate. */
    private static final double WARM_UP_FROM = 0.01;

    /** Whether the rates depend on how many epochs there are in all, so that the number cannot be changed on the way. */
    boolean spansTheRun() { return this == COSINE || this == ONE_CYCLE; }

    /** @param steps of an epoch */
    public Schedule over(Optimizer optimizer, LearningOptions o, long steps) {
        long all = o.epochs * steps, warmUp = Math.round(o.warmUp * steps);
        if (this == PLATEAU) {
            boolean maximize = o.measure == MeasureName.ACCURACY;
            return Schedule.onPlateau(new ReduceLROnPlateau(optimizer, ReduceLROnPlateau.options().maximize(maximize).factor(o.gamma).patience(o.plateauPatience)), o.measure.toString());
        }
        if (this == ONE_CYCLE) {
            double rising = warmUp == 0 ? 0.3 : (double) warmUp / all;
            return Schedule.eachStep(new OneCycleLR(optimizer, OneCycleLR.options(optimizer.learningRate(), all).pctStart(rising).cycleMomentum(false)));
        }
        if (warmUp == 0) return Schedule.eachStep(plain(optimizer, o, all, steps, 0));
        var rising = new LinearLR(optimizer, WARM_UP_FROM, 1, warmUp);
        return Schedule.eachStep(new SequentialLR(optimizer, List.of(rising, plain(optimizer, o, all - warmUp, steps, warmUp)), warmUp));
    }

    /** @param before steps of the warm-up, which count as those of the epochs do */
    private LRScheduler plain(Optimizer optimizer, LearningOptions o, long all, long steps, long before) {
        return switch (this) {
            case COSINE -> new CosineAnnealingLR(optimizer, all);
            case STEP -> new StepLR(optimizer, o.stepEpochs * steps, o.gamma);
            case MULTI_STEP -> new MultiStepLR(optimizer, o.gamma, o.milestones.stream().mapToLong(e -> e * steps - before).filter(s -> s > 0).toArray());
            case CONSTANT, ONE_CYCLE, PLATEAU -> new LambdaLR(optimizer, step -> 1);
        };
    }

    @Override public String toString() { return Names.of(this); }
}
