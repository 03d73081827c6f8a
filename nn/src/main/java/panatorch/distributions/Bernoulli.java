package panatorch.distributions;

import panatorch.Aten;
import panatorch.Tensor;

/** The Bernoulli distribution: 1 with probability {@code probs}, else 0. */
public final class Bernoulli extends Distribution {
    private final Odds odds;

    private Bernoulli(Odds odds) {
        super(odds.given().shape());
        this.odds = odds;
        odds.check(this);
    }

    /** Returns distributions with these probabilities of 1. */
    public static Bernoulli ofProbs(Tensor probs) {
        return new Bernoulli(Odds.ofProbs(probs));
    }

    /** Returns one distribution with this probability of 1, in the default type. */
    public static Bernoulli ofProbs(double probs) {
        return ofProbs(Shapes.number(probs));
    }

    /** Returns distributions with these log-odds of 1. */
    public static Bernoulli ofLogits(Tensor logits) {
        return new Bernoulli(Odds.ofLogits(logits));
    }

    /** Returns the probabilities of 1. */
    public Tensor probs() { return within(odds::probs); }

    /** Returns the log-odds of 1. */
    public Tensor logits() { return within(odds::logits); }

    @Override public Constraint support() { return Constraints.BOOLEAN; }

    @Override public Bernoulli expand(long... batchShape) {
        return derive(() -> new Bernoulli(odds.expand(batchShape)));
    }

    @Override public boolean hasEnumerateSupport() { return true; }

    @Override protected Tensor drawSample(long[] sampleShape) { return odds.probs().expand(extended(sampleShape)).bernoulli(); }

    @Override protected Tensor computeLogProb(Tensor value) { return odds.crossEntropy(value).neg(); }

    @Override protected Tensor computeEntropy() { return odds.crossEntropy(odds.probs()); }

    @Override protected Tensor computeMean() { return odds.probs(); }

    /** Returns the more probable value, or NaN where both are equally probable. */
    @Override protected Tensor computeMode() {
        Tensor p = odds.probs();
        return p.ge(0.5).to(p.dtype()).maskedFill(p.eq(0.5), Double.NaN);
    }

    @Override protected Tensor computeVariance() {
        Tensor p = odds.probs();
        return p.mul(p.rsub(1));
    }

    @Override protected Tensor computeSupport() { return Aten.arange(2, odds.given().dtype(), null, odds.given().device()); }
}
