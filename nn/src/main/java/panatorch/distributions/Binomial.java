package panatorch.distributions;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.Tensor;

/** The binomial distribution of the number of successes in {@code totalCount} trials. */
public final class Binomial extends Distribution {
    private final Tensor totalCount;
    private final Odds odds;

    private Binomial(Tensor totalCount, Odds odds) {
        var all = Shapes.broadcast(totalCount, odds.given());
        super(all.get(1).shape());
        this.totalCount = all.get(0).typeAs(all.get(1));
        this.odds = new Odds(all.get(1), odds.areLogits());
        require("totalCount", this.totalCount, Constraints.NONNEGATIVE_INTEGER);
        this.odds.check(this);
    }

    /**
     * Returns distributions with these probabilities of success.
     *
     * @param totalCount numbers of trials
     * @param probs probabilities of success
     */
    public static Binomial ofProbs(Tensor totalCount, Tensor probs) { return new Binomial(totalCount, Odds.ofProbs(probs)); }

    /**
     * Returns distributions with these log-odds of success.
     *
     * @param totalCount numbers of trials
     * @param logits log-odds of success
     */
    public static Binomial ofLogits(Tensor totalCount, Tensor logits) { return new Binomial(totalCount, Odds.ofLogits(logits)); }

    /** Returns the numbers of trials. */
    public Tensor totalCount() { return totalCount; }

    /** Returns the probabilities of success. */
    public Tensor probs() { return within(odds::probs); }

    /** Returns the log-odds of success. */
    public Tensor logits() { return within(odds::logits); }

    @Override public Constraint support() { return Constraints.integerInterval(0, totalCount); }

    @Override public Binomial expand(long... batchShape) {
        return derive(() -> new Binomial(totalCount.expand(batchShape), odds.expand(batchShape)));
    }

    @Override public boolean hasEnumerateSupport() { return true; }

    @Override protected Tensor drawSample(long[] sampleShape) {
        return Aten.binomial(totalCount.expand(extended(sampleShape)), odds.probs().expand(extended(sampleShape)));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor x = odds.logits(), n = totalCount;
        Tensor positive = x.clampMin(0).add(x).sub(x.clampMax(0)).div(2); // max(x, 0), with gradient 1/2 at 0
        Tensor norm = n.mul(positive).add(n.mul(x.abs().neg().exp().log1p())).sub(n.add(1).lgamma());
        return value.mul(x).sub(value.add(1).lgamma()).sub(n.sub(value).add(1).lgamma()).sub(norm);
    }

    /** Computes the entropies; all counts have to be equal. */
    @Override protected Tensor computeEntropy() {
        long[] ones = new long[batchShape().length];
        Arrays.fill(ones, 1);
        Tensor log = computeLogProb(computeSupport().reshape(Shapes.concat(new long[] {-1}, ones)));
        return log.exp().mul(log).sum(0).neg();
    }

    @Override protected Tensor computeMean() { return totalCount.mul(odds.probs()); }

    @Override protected Tensor computeMode() { return totalCount.add(1).mul(odds.probs()).floor().clampMax(totalCount); }

    @Override protected Tensor computeVariance() { return totalCount.mul(odds.probs()).mul(odds.probs().rsub(1)); }

    /** Returns the counts from 0; all numbers of trials have to be equal. */
    @Override protected Tensor computeSupport() {
        long most = totalCount.max().itemLong();
        if (totalCount.min().itemLong() != most)
            throw missing("enumeration of different numbers of trials: they are from " + totalCount.min().itemLong() + " to " + most);
        return Aten.arange(most + 1, odds.given().dtype(), null, odds.given().device());
    }
}
