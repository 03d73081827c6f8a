package panatorch.apps;

import panatorch.optim.Schedule;

/** {@code --schedule}: how the learning rate changes over a run. */
enum ScheduleName {
    CONSTANT, COSINE, ONE_CYCLE;

    Schedule over(double lr, long steps) {
        return switch (this) {
            case CONSTANT -> Schedule.constant(lr);
            case COSINE -> Schedule.cosine(lr, steps);
            case ONE_CYCLE -> Schedule.oneCycle(lr, steps);
        };
    }

    @Override public String toString() { return Names.of(this); }
}
