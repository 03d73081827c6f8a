package panatorch.distributions;

import panatorch.Tensor;

/** The geometric distribution of the number of failures before the first success. */
public final class Geometric extends Distribution {
    private final Odds odds;

    private Geometric(Odds odds) {
        super(odds.given().shape());
        this.odds = odds;
        odds.check(this);
        if (!odds.areLogits()) require("probs", odds.given(), Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these probabilities of success.
     *
     * @param probs probabilities of success
     */
    public static Geometric ofProbs(Tensor probs) { return new Geometric(Odds.ofProbs(probs)); }

    /**
     * Returns distributions with these log-odds of success.
     *
     * @param logits log-odds of success
     */
    public static Geometric ofLogits(Tensor logits) { return new Geometric(Odds.ofLogits(logits)); }

    /** Returns the probabilities of success. */
    public Tensor probs() { return within(odds::probs); }

    /** Returns the log-odds of success. */
    public Tensor logits() { return within(odds::logits); }

    @Override public Constraint support() { return Constraints.NONNEGATIVE_INTEGER; }

    @Override public Geometric expand(long... batchShape) {
        return derive(() -> new Geometric(odds.expand(batchShape)));
    }

    @Override protected Tensor drawSample(long[] sampleShape) {
        Tensor p = odds.probs(), u = p.newEmpty(extended(sampleShape)).uniform_(p.dtype().finfo().tiny(), 1);
        return u.log().div(p.neg().log1p()).floor();
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        var all = Shapes.broadcast(value, odds.probs());
        Tensor v = all.get(0), p = all.get(1).maskedFill(all.get(1).eq(1).logicalAnd(v.eq(0)), 0);
        return v.mul(p.neg().log1p()).add(odds.probs().log());
    }

    @Override protected Tensor computeEntropy() { return odds.crossEntropy(odds.probs()).div(odds.probs()); }

    @Override protected Tensor computeMean() { return odds.probs().reciprocal().sub(1); }

    @Override protected Tensor computeMode() { return odds.probs().zerosLike(); }

    @Override protected Tensor computeVariance() { return odds.probs().reciprocal().sub(1).div(odds.probs()); }
}
