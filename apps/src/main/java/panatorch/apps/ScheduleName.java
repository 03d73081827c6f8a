package panatorch.apps;

import panatorch.optim.CosineAnnealingLR;
import panatorch.optim.LRScheduler;
import panatorch.optim.LambdaLR;
import panatorch.optim.OneCycleLR;
import panatorch.optim.Optimizer;

/** {@code --schedule}: how the learning rate changes over a run. */
enum ScheduleName {
    CONSTANT, COSINE, ONE_CYCLE;

    /** @param steps of the whole run */
    LRScheduler over(Optimizer optimizer, long steps) {
        return switch (this) {
            case CONSTANT -> new LambdaLR(optimizer, step -> 1);
            case COSINE -> new CosineAnnealingLR(optimizer, steps);
            case ONE_CYCLE -> new OneCycleLR(optimizer, OneCycleLR.options(optimizer.learningRate(), steps).cycleMomentum(false));
        };
    }

    @Override public String toString() { return Names.of(this); }
}
