package panatorch.optim;

/** Multiplies the rate by γ every {@code stepSize} steps. */
public final class StepLR extends LRScheduler {
    private final long stepSize;
    private final double gamma;

    /** Multiplies the rate by 0.1 every {@code stepSize} steps. */
    public StepLR(Optimizer optimizer, long stepSize) {
        this(optimizer, stepSize, 0.1);
    }

    public StepLR(Optimizer optimizer, long stepSize, double gamma) { this(optimizer, stepSize, gamma, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public StepLR(Optimizer optimizer, long stepSize, double gamma, long lastEpoch) {
        super(optimizer, lastEpoch);
        positive("the step size", stepSize);
        this.stepSize = stepSize;
        this.gamma = gamma;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        return lastEpoch == 0 || lastEpoch % stepSize != 0 ? g.learningRate() : g.learningRate() * gamma;
    }

    @Override protected double closedForm(ParameterGroup g, int i) { return baseLrs.get(i) * Math.pow(gamma, lastEpoch / stepSize); }
}
