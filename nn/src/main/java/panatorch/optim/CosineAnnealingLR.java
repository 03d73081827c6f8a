package panatorch.optim;

/**
 * Half a cosine down over T steps, then up again: {@code η_min + (base − η_min)(1 + cos(πt/T))/2} (Loshchilov and Hutter 2016,
 * arXiv:1608.03983, without restarts).
 */
public final class CosineAnnealingLR extends LRScheduler {
    private final long tMax;
    private final double etaMin;

    /** Anneals down to 0. */
    public CosineAnnealingLR(Optimizer optimizer, long tMax) { this(optimizer, tMax, 0); }

    public CosineAnnealingLR(Optimizer optimizer, long tMax, double etaMin) { this(optimizer, tMax, etaMin, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public CosineAnnealingLR(Optimizer optimizer, long tMax, double etaMin, long lastEpoch) {
        super(optimizer, lastEpoch);
        positive("the number of steps", tMax);
        this.tMax = tMax;
        this.etaMin = etaMin;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        if (isInitial()) return g.learningRate();
        if (stepCount == 1 && lastEpoch > 0) return closedForm(g, i);
        // The recursion cannot leave the minimum.
        if (Math.floorMod(lastEpoch - 1 - tMax, 2 * tMax) == 0)
            return g.learningRate() + (baseLrs.get(i) - etaMin) * (1 - Math.cos(Math.PI / tMax)) / 2;
        return (1 + Math.cos(Math.PI * lastEpoch / tMax)) / (1 + Math.cos(Math.PI * (lastEpoch - 1) / tMax)) * (g.learningRate() - etaMin)
                + etaMin;
    }

    @Override protected double closedForm(ParameterGroup g, int i) {
        return etaMin + (baseLrs.get(i) - etaMin) * (1 + Math.cos(Math.PI * lastEpoch / tMax)) / 2;
    }
}
