package panatorch.nn.dropout;

import java.util.LinkedHashMap;
import java.util.Map;
import panatorch.nn.Masked;
import panatorch.nn.Module;

/**
 * Changes the drop probability of every {@link Masked} layer of a model over the steps of training. A {@link Rate} gives the factor by
 * which each layer multiplies its own p at a step. A layer's own p is the one that it has when the schedule is made.
 *
 * <pre>{@code
 * var schedule = new DropoutSchedule(model, DropoutSchedule.curriculum(10_000));
 * for (var batch : loader) {
 *     …
 *     optimizer.step();
 *     schedule.step();
 * }
 * }</pre>
 *
 * <p>
 * For use by the training thread. It owns nothing.
 */
public final class DropoutSchedule {
    /** The factor in [0, 1] of each layer's own p after a number of steps. */
    @FunctionalInterface
    public interface Rate {
        double at(long step);
    }

    private final Map<Masked, Double> own = new LinkedHashMap<>();
    private final Rate rate;
    private long step;

    /**
     * Sets the probabilities of step 0.
     *
     * @throws IllegalArgumentException if no layer of the model has a mask
     */
    public DropoutSchedule(Module model, Rate rate) {
        for (Module m : model.modules()) if (m instanceof Masked layer) own.put(layer, layer.p());
        if (own.isEmpty()) throw new IllegalArgumentException("the model has no dropout layer to schedule");
        this.rate = rate;
        set(0);
    }

    /** Returns a rate that changes linearly from one factor to another in {@code steps} steps and then stays. */
    public static Rate linear(double from, double to, long steps) {
        positive(steps);
        return step -> from + (to - from) * Math.min(1, (double) step / steps);
    }

    /**
     * Curriculum dropout (Morerio et al., 2017, arXiv:1703.06229): 1 − exp(−γ t), with their γ = 10/{@code steps}, where {@code steps} is
     * the whole training.
     */
    public static Rate curriculum(long steps) {
        positive(steps);
        return step -> 1 - Math.exp(-10.0 * step / steps);
    }

    /**
     * Early dropout, against underfitting (Liu et al., 2023, arXiv:2303.01500): active for the first {@code steps} only. Its other form is
     * {@code linear(1, 0, steps)}.
     */
    public static Rate early(long steps) {
        positive(steps);
        return step -> step < steps ? 1 : 0;
    }

    /** Late dropout, against overfitting (Liu et al., 2023): active after the first {@code steps}. */
    public static Rate late(long steps) {
        positive(steps);
        return step -> step < steps ? 0 : 1;
    }

    private static void positive(long steps) {
        if (steps < 1) throw new IllegalArgumentException("a schedule needs at least 1 step, not " + steps);
    }

    /** Sets the probabilities of the next step. Call it after every step of the optimiser. */
    public void step() { set(step + 1); }

    private void set(long s) {
        step = s;
        double part = rate.at(s);
        own.forEach((layer, p) -> layer.setP(p * part));
    }

    /** Restores every layer's own p. The next {@link #step} continues the schedule. */
    public void restore() { own.forEach(Masked::setP); }

    /** Returns {@code {"step": n}}. */
    public Map<String, Object> stateDict() { return Map.of("step", step); }

    /** Continues at the step of a {@link #stateDict}. Rate and layers have to be as they were when that schedule was made. */
    public void loadStateDict(Map<String, ?> state) {
        if (!(state.get("step") instanceof Number n) || n.longValue() < 0)
            throw new IllegalArgumentException("not the state of a dropout schedule: " + state);
        set(n.longValue());
    }
}
