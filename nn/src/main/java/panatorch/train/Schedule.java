package panatorch.train;

import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import panatorch.optim.LRScheduler;
import panatorch.optim.ReduceLROnPlateau;

/**
 * Steps a learning-rate scheduler after each optimiser step or each epoch. {@link Trainer.EpochSummary} and {@link TensorBoard} report the
 * rates.
 */
public final class Schedule implements Callback {
    private final boolean eachStep;
    private final Consumer<Trainer> check, step;
    private final Supplier<Map<String, Object>> state;
    private final Consumer<Map<String, ?>> load;

    private Schedule(boolean eachStep, Consumer<Trainer> check, Consumer<Trainer> step, Supplier<Map<String, Object>> state,
            Consumer<Map<String, ?>> load) {
        this.eachStep = eachStep;
        this.check = check;
        this.step = step;
        this.state = state;
        this.load = load;
    }

    /** Steps the scheduler after every optimiser step. */
    public static Schedule eachStep(LRScheduler scheduler) {
        return of(true, scheduler);
    }

    /** Steps the scheduler after every epoch. */
    public static Schedule eachEpoch(LRScheduler scheduler) { return of(false, scheduler); }

    private static Schedule of(boolean eachStep, LRScheduler scheduler) {
        return new Schedule(eachStep, t -> {}, t -> scheduler.step(), scheduler::stateDict, scheduler::loadStateDict);
    }

    /**
     * Steps the scheduler after every epoch by a mean of the test, or of training if there are no test batches. A fit fails at its start
     * with an {@link IllegalArgumentException} if the trainer has no such metric, or if the scheduler
     * {@linkplain ReduceLROnPlateau.Options#maximize maximizes} a metric that is better when it is lower, or the other way round.
     *
     * @param measure {@code loss} or the name of a metric
     */
    public static Schedule onPlateau(ReduceLROnPlateau scheduler, String measure) {
        return new Schedule(false, t -> {
            boolean maximize = t.direction(measure) == Metric.Direction.MAXIMIZE;
            if (scheduler.maximizes() != maximize)
                throw new IllegalArgumentException((maximize ? "a higher " : "a lower ") + measure
                        + " is better, but the scheduler waits for the opposite: pass ReduceLROnPlateau.options().maximize(" + maximize
                        + ")");
        }, t -> scheduler.step(t.history().getLast().measure(measure)), scheduler::stateDict, scheduler::loadStateDict);
    }

    @Override public void fitStart(Trainer trainer) { check.accept(trainer); }

    @Override public void afterStep(Trainer trainer) { if (eachStep) step.accept(trainer); }

    @Override public void epochEnd(Trainer trainer) { if (!eachStep) step.accept(trainer); }

    @Override public Map<String, ?> stateDict() { return state.get(); }

    @Override public void loadStateDict(Map<String, ?> saved) { load.accept(saved); }
}
