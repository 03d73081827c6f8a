package panatorch.optim;

/** Moves the rate linearly from one multiple of the base rate to another, for warm-up or decay. */
public final class LinearLR extends LRScheduler {
    private final double startFactor;
    private final double endFactor;
    private final long totalIters;

    /** Moves from a third of the rate to the whole rate in 5 steps. */
    public LinearLR(Optimizer optimizer) {
        this(optimizer, 1.0 / 3, 1, 5);
    }

    public LinearLR(Optimizer optimizer, double startFactor, double endFactor, long totalIters) {
        this(optimizer, startFactor, endFactor, totalIters, -1);
    }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public LinearLR(Optimizer optimizer, double startFactor, double endFactor, long totalIters, long lastEpoch) {
        super(optimizer, lastEpoch);
        if (!(startFactor > 0 && startFactor <= 1))
            throw new IllegalArgumentException("the first factor has to be above 0 and at most 1, not " + startFactor);
        if (!(endFactor >= 0 && endFactor <= 1))
            throw new IllegalArgumentException("the last factor has to be between 0 and 1, not " + endFactor);
        this.startFactor = startFactor;
        this.endFactor = endFactor;
        this.totalIters = totalIters;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        if (lastEpoch == 0) return g.learningRate() * startFactor;
        if (isInitial() || lastEpoch > totalIters) return g.learningRate();
        return g.learningRate()
                * (1 + (endFactor - startFactor) / (totalIters * startFactor + (lastEpoch - 1) * (endFactor - startFactor)));
    }

    @Override protected double closedForm(ParameterGroup g, int i) {
        return baseLrs.get(i) * (startFactor + (endFactor - startFactor) * Math.min(totalIters, lastEpoch) / totalIters);
    }
}
