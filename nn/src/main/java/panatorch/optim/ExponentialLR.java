package panatorch.optim;

/** Multiplies the rate by γ at every step. */
public final class ExponentialLR extends LRScheduler {
    private final double gamma;

    public ExponentialLR(Optimizer optimizer, double gamma) { this(optimizer, gamma, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public ExponentialLR(Optimizer optimizer, double gamma, long lastEpoch) {
        super(optimizer, lastEpoch);
        this.gamma = gamma;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        return isInitial() ? g.learningRate() : g.learningRate() * gamma;
    }

    @Override protected double closedForm(ParameterGroup g, int i) { return baseLrs.get(i) * Math.pow(gamma, lastEpoch); }
}
