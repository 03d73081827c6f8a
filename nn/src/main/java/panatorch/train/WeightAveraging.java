package panatorch.train;

import java.util.Map;
import panatorch.optim.AveragedModel;

/**
 * Averages the weights after each step, from a given epoch on, and evaluates the average from then on.
 *
 * <pre>{@code
 * var ema = new WeightAveraging(AveragedModel.ema(Module.copyOf(model), 0.999));
 * }</pre>
 *
 * <p>
 * Owns nothing. A plain mean needs {@link AveragedModel#updateBn} at the end.
 */
public final class WeightAveraging implements Callback {
    private final AveragedModel average;
    private final long fromEpoch;

    public WeightAveraging(AveragedModel average) { this(average, 1); }

    /**
     * Averages from epoch {@code fromEpoch} on.
     *
     * @param fromEpoch number of the first epoch to average, from 1
     */
    public WeightAveraging(AveragedModel average, long fromEpoch) {
        this.average = average;
        this.fromEpoch = fromEpoch;
    }

    @Override public void fitStart(Trainer trainer) {
        average.module().to(trainer.placement().device(), null, trainer.placement().format());
        if (average.updates() > 0) trainer.setEvaluated(average.module());
    }

    @Override public void afterStep(Trainer trainer) {
        if (trainer.epoch() < fromEpoch) return;
        average.update(trainer.model());
        trainer.setEvaluated(average.module());
    }

    @Override public Map<String, ?> stateDict() {
        return average.updates() == 0 ? Map.of() : Map.of("updates", average.updates(), "model", average.module().stateDict());
    }

    @Override public void loadStateDict(Map<String, ?> state) {
        average.setUpdates(State.number(state, "updates").longValue());
        average.module().loadStateDict(State.tensors(state, "model"));
    }
}
