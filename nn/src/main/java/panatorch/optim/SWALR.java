package panatorch.optim;

/**
 * Anneals from the base rate to a constant one, along half a cosine or linearly, for averaging weights at that rate (Izmailov et al., 2018,
 * arXiv:1803.05407).
 */
public final class SWALR extends LRScheduler {
    private final double swaLr;
    private final long annealEpochs;
    private final boolean linear;

    /** Anneals in 10 epochs, along half a cosine. */
    public SWALR(Optimizer optimizer, double swaLr) { this(optimizer, swaLr, 10, false); }

    public SWALR(Optimizer optimizer, double swaLr, long annealEpochs, boolean linear) { this(optimizer, swaLr, annealEpochs, linear, -1); }

    /**
     * Goes on after a step, with an optimiser whose groups have their {@code initial_lr}, as a loaded state gives it.
     *
     * @param lastEpoch number of steps done before; -1 to begin anew
     */
    public SWALR(Optimizer optimizer, double swaLr, long annealEpochs, boolean linear, long lastEpoch) {
        super(optimizer, lastEpoch);
        if (annealEpochs < 0) throw new IllegalArgumentException("the number of epochs has to be at least 0, not " + annealEpochs);
        this.swaLr = swaLr;
        this.annealEpochs = annealEpochs;
        this.linear = linear;
        for (ParameterGroup g : optimizer.groups()) g.set("swa_lr", swaLr);
        begin();
    }

    @Override protected double rate(ParameterGroup g, int i) {
        double step = annealEpochs == 0 ? Math.max(1, stepCount - 1) : stepCount - 1, before = part(step - 1), now = part(step);
        double start = before == 1 ? swaLr : (g.learningRate() - before * swaLr) / (1 - before);
        return swaLr * now + start * (1 - now);
    }

    private double part(double step) {
        double t = Math.max(0, Math.min(1, step / Math.max(1, annealEpochs)));
        return linear ? t : (1 - Math.cos(Math.PI * t)) / 2;
    }
}
