package panatorch.optim;

/** Multiplies the base rate by a factor for the first steps. */
public final class ConstantLR extends LRScheduler {
    private final double factor;
    private final long totalIters;

    /** Uses a third of the rate for 5 steps. */
    public ConstantLR(Optimizer optimizer) { this(optimizer, 1.0 / 3, 5); }

    public ConstantLR(Optimizer optimizer, double factor, long totalIters) { this(optimizer, factor, totalIters, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public ConstantLR(Optimizer optimizer, double factor, long totalIters, long lastEpoch) {
        super(optimizer, lastEpoch);
        if (!(factor >= 0 && factor <= 1)) throw new IllegalArgumentException("the factor has to be between 0 and 1, not " + factor);
        this.factor = factor;
        this.totalIters = totalIters;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        if (lastEpoch == 0) return g.learningRate() * factor;
        return lastEpoch != totalIters ? g.learningRate() : g.learningRate() * (1 / factor);
    }

    @Override protected double closedForm(ParameterGroup g, int i) { return baseLrs.get(i) * (lastEpoch >= totalIters ? 1 : factor); }
}
