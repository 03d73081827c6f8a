package panatorch.optim;

import java.util.Arrays;

/** Multiplies the rate by γ at each milestone. */
public final class MultiStepLR extends LRScheduler {
    private final long[] milestones;
    private final double gamma;

    /** Multiplies the rate by 0.1 at each milestone. */
    public MultiStepLR(Optimizer optimizer, long... milestones) {
        this(optimizer, 0.1, milestones);
    }

    /**
     * Multiplies the rate by γ at each milestone.
     *
     * @param milestones steps; a step that is listed twice counts twice
     */
    public MultiStepLR(Optimizer optimizer, double gamma, long... milestones) { this(optimizer, milestones, gamma, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public MultiStepLR(Optimizer optimizer, long[] milestones, double gamma, long lastEpoch) {
        super(optimizer, lastEpoch);
        this.milestones = milestones.clone();
        this.gamma = gamma;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        return g.learningRate() * Math.pow(gamma, Arrays.stream(milestones).filter(m -> m == lastEpoch).count());
    }

    @Override protected double closedForm(ParameterGroup g, int i) {
        return baseLrs.get(i) * Math.pow(gamma, Arrays.stream(milestones).filter(m -> m <= lastEpoch).count());
    }
}
