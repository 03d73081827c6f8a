package panatorch.distributions;

import panatorch.Tensor;

/** The negative binomial distribution of the number of successes until {@code totalCount} failures. */
public final class NegativeBinomial extends Distribution {
    private final Tensor totalCount;
    private final Odds odds;

    private NegativeBinomial(Tensor totalCount, Odds odds) {
        var all = Shapes.broadcast(totalCount, odds.given());
        super(all.get(1).shape());
        this.totalCount = all.get(0).typeAs(all.get(1));
        this.odds = new Odds(all.get(1), odds.areLogits());
        require("totalCount", this.totalCount, Constraints.NONNEGATIVE);
        this.odds.check(this);
    }

    /**
     * Returns distributions with these probabilities of success.
     *
     * @param totalCount numbers of failures at which trials stop
     * @param probs probabilities of success
     */
    public static NegativeBinomial ofProbs(Tensor totalCount, Tensor probs) {
        return new NegativeBinomial(totalCount, Odds.ofProbs(probs));
    }

    /**
     * Returns distributions with these log-odds of success.
     *
     * @param totalCount numbers of failures at which trials stop
     * @param logits log-odds of success
     */
    public static NegativeBinomial ofLogits(Tensor totalCount, Tensor logits) {
        return new NegativeBinomial(totalCount, Odds.ofLogits(logits));
    }

    /** Returns the numbers of failures at which trials stop. */
    public Tensor totalCount() { return totalCount; }

    /** Returns the probabilities of success. */
    public Tensor probs() { return within(odds::probs); }

    /** Returns the log-odds of success. */
    public Tensor logits() { return within(odds::logits); }

    @Override public Constraint support() { return Constraints.NONNEGATIVE_INTEGER; }

    @Override public NegativeBinomial expand(long... batchShape) {
        return derive(() -> new NegativeBinomial(totalCount.expand(batchShape), odds.expand(batchShape)));
    }

    @Override protected Tensor drawSample(long[] sampleShape) {
        return derive(() -> Gamma.of(totalCount, odds.logits().neg().exp())).drawSample(sampleShape).poisson();
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor x = odds.logits(), sum = totalCount.add(value);
        Tensor norm = sum.lgamma().neg().add(value.add(1).lgamma()).add(totalCount.lgamma()).maskedFill(sum.eq(0), 0);
        return totalCount.mul(x.neg().logSigmoid()).add(value.mul(x.logSigmoid())).sub(norm);
    }

    @Override protected Tensor computeMean() { return totalCount.mul(odds.logits().exp()); }

    @Override protected Tensor computeMode() { return totalCount.sub(1).mul(odds.logits().exp()).floor().clampMin(0); }

    @Override protected Tensor computeVariance() { return computeMean().div(odds.logits().neg().sigmoid()); }
}
