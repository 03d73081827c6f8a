package panatorch.optim;

/** Polynomial decay of the rate to 0: {@code base·(1 − t/T)^power}. */
public final class PolynomialLR extends LRScheduler {
    private final long totalIters;
    private final double power;

    /** Decays linearly. */
    public PolynomialLR(Optimizer optimizer, long totalIters) { this(optimizer, totalIters, 1); }

    public PolynomialLR(Optimizer optimizer, long totalIters, double power) { this(optimizer, totalIters, power, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public PolynomialLR(Optimizer optimizer, long totalIters, double power, long lastEpoch) {
        super(optimizer, lastEpoch);
        positive("the number of steps", totalIters);
        this.totalIters = totalIters;
        this.power = power;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        if (isInitial() || lastEpoch > totalIters) return g.learningRate();
        return g.learningRate() * Math.pow((1 - (double) lastEpoch / totalIters) / (1 - (lastEpoch - 1.0) / totalIters), power);
    }

    @Override protected double closedForm(ParameterGroup g, int i) {
        return baseLrs.get(i) * Math.pow(1 - (double) Math.min(totalIters, lastEpoch) / totalIters, power);
    }
}
