package panatorch.optim;

/** Multiplies the rate by γ at every step. */
public final class ExponentialLR extends LRScheduler {
    private final double gamma;

    public ExponentialLR(Optimizer optimizer, double gamma) {
        super(optimizer);
        this.gamma = gamma;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        return isInitial() ? g.learningRate() : g.learningRate() * gamma;
    }

    @Override protected double closedForm(ParameterGroup g, int i) { return baseLrs.get(i) * Math.pow(gamma, lastEpoch); }
}
