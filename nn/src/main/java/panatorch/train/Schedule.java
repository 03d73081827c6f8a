package panatorch.train;

import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import panatorch.optim.LRScheduler;
import panatorch.optim.ReduceLROnPlateau;

/**
 * Steps a learning-rate scheduler after each optimiser step or each epoch. {@link Trainer.EpochSummary} and {@link TensorBoard} report
 * the rates.
 */
public final class Schedule implements Callback {
    private final boolean eachStep;
    private final Consumer<Trainer> step;
    private final Supplier<Map<String, Object>> state;
    private final Consumer<Map<String, ?>> load;

    private Schedule(boolean eachStep, Consumer<Trainer> step, Supplier<Map<String, Object>> state, Consumer<Map<String, ?>> load) {
        this.eachStep = eachStep;
        this.step = step;
        this.state = state;
        this.load = load;
    }

    /** Steps the scheduler after every optimiser step. */
    public static Schedule eachStep(LRScheduler scheduler) { return new Schedule(true, t -> scheduler.step(), scheduler::stateDict, scheduler::loadStateDict); }

    /** Steps the scheduler after every epoch. */
    public static Schedule eachEpoch(LRScheduler scheduler) { return new Schedule(false, t -> scheduler.step(), scheduler::stateDict, scheduler::loadStateDict); }

    /**
     * Steps the scheduler after every epoch by a mean of the test, or of training if there are no test batches.
     *
     * @param measure {@code loss} or the name of a metric
     */
    public static Schedule onPlateau(ReduceLROnPlateau scheduler, String measure) {
        return new Schedule(false, t -> scheduler.step(t.history().getLast().measure(measure)), scheduler::stateDict, scheduler::loadStateDict);
    }

    @Override public void afterStep(Trainer trainer) { if (eachStep) step.accept(trainer); }

    @Override public void epochEnd(Trainer trainer) { if (!eachStep) step.accept(trainer); }

    @Override public Map<String, ?> stateDict() { return state.get(); }

    @Override public void loadStateDict(Map<String, ?> saved) { load.accept(saved); }
}
