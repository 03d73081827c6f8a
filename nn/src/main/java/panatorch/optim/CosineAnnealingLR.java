package panatorch.optim;

/**
 * {@code η_min + (base − η_min)(1 + cos(πt/T))/2}: half a cosine down over T steps, then up again (Loshchilov and Hutter 2016,
 * arXiv:1608.03983, without restarts).
 */
public final class CosineAnnealingLR extends LRScheduler {
    private final long tMax;
    private final double etaMin;

    /** Down to 0. */
    public CosineAnnealingLR(Optimizer optimizer, long tMax) { this(optimizer, tMax, 0); }

    public CosineAnnealingLR(Optimizer optimizer, long tMax, double etaMin) {
        super(optimizer);
        positive("the number of steps", tMax);
        this.tMax = tMax;
        this.etaMin = etaMin;
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        if (isInitial()) return g.learningRate();
        if (stepCount == 1 && lastEpoch > 0) return closedForm(g, i);
        // From the minimum the recursion does not lead away.
        if (Math.floorMod(lastEpoch - 1 - tMax, 2 * tMax) == 0) return g.learningRate() + (baseLrs.get(i) - etaMin) * (1 - Math.cos(Math.PI / tMax)) / 2;
        return (1 + Math.cos(Math.PI * lastEpoch / tMax)) / (1 + Math.cos(Math.PI * (lastEpoch - 1) / tMax)) * (g.learningRate() - etaMin) + etaMin;
    }

    @Override protected double closedForm(ParameterGroup g, int i) { return etaMin + (baseLrs.get(i) - etaMin) * (1 + Math.cos(Math.PI * lastEpoch / tMax)) / 2; }
}
