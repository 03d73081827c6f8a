package panatorch.distributions;

import panatorch.Tensor;

/** The distribution of the logits of {@link RelaxedBernoulli} (Maddison et al. 2017, arXiv:1611.00712). */
public final class LogitRelaxedBernoulli extends Distribution {
    private final Tensor temperature;
    private final Odds odds;

    private LogitRelaxedBernoulli(Tensor temperature, Odds odds) {
        super(odds.given().shape());
        this.odds = odds;
        odds.check(this);
        this.temperature = temperature;
    }

    /**
     * Returns distributions with these probabilities of 1.
     *
     * @param temperature positive tensor []; the lower it is, the nearer are draws to 0 and 1
     * @param probs probabilities of 1
     */
    public static LogitRelaxedBernoulli ofProbs(Tensor temperature, Tensor probs) {
        return new LogitRelaxedBernoulli(temperature, Odds.ofProbs(probs));
    }

    /**
     * Returns distributions with these log-odds of 1.
     *
     * @param temperature positive tensor []; the lower it is, the nearer are draws to 0 and 1
     * @param logits log-odds of 1
     */
    public static LogitRelaxedBernoulli ofLogits(Tensor temperature, Tensor logits) {
        return new LogitRelaxedBernoulli(temperature, Odds.ofLogits(logits));
    }

    /** Returns the temperature. */
    public Tensor temperature() { return temperature; }

    /** Returns the probabilities of 1. */
    public Tensor probs() { return within(odds::probs); }

    /** Returns the log-odds of 1. */
    public Tensor logits() { return within(odds::logits); }

    @Override public Constraint support() { return Constraints.REAL; }

    @Override public LogitRelaxedBernoulli expand(long... batchShape) {
        return derive(() -> new LogitRelaxedBernoulli(temperature, odds.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        long[] shape = extended(sampleShape);
        Tensor p = Shapes.clampProbs(odds.probs().expand(shape)), u = Shapes.clampProbs(Shapes.rand(shape, p));
        return u.log().sub(u.neg().log1p()).add(p.log()).sub(p.neg().log1p()).div(temperature);
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        var all = Shapes.broadcast(odds.logits(), value);
        Tensor difference = all.get(0).sub(all.get(1).mul(temperature));
        return temperature.log().add(difference).sub(difference.exp().log1p().mul(2));
    }
}
