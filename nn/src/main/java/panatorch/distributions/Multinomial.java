package panatorch.distributions;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.Tensor;

/** The multinomial distribution of the counts [C] of classes in {@code totalCount} draws. */
public final class Multinomial extends Distribution {
    private final long totalCount;
    private final Categorical categorical;

    private Multinomial(long totalCount, Categorical categorical) {
        super(categorical.batchShape(), categorical.numEvents());
        if (totalCount < 0) throw new IllegalArgumentException("totalCount of Multinomial has to be at least 0, not " + totalCount);
        this.totalCount = totalCount;
        this.categorical = categorical;
    }

    /**
     * Returns distributions with these probabilities.
     *
     * @param totalCount number of draws
     * @param probs numbers from 0, [*, C]; they are divided by their sum
     */
    public static Multinomial ofProbs(long totalCount, Tensor probs) { return new Multinomial(totalCount, Categorical.ofProbs(probs)); }

    /**
     * Returns distributions with these logits.
     *
     * @param totalCount number of draws
     * @param logits log-probabilities that need not be normalised, [*, C]
     */
    public static Multinomial ofLogits(long totalCount, Tensor logits) {
        return new Multinomial(totalCount, Categorical.ofLogits(logits));
    }

    /** Returns the probabilities, [*, C], whose sum is 1. */
    public Tensor probs() { return categorical.probs(); }

    /** Returns the log-probabilities, [*, C]. */
    public Tensor logits() { return categorical.logits(); }

    /** Returns the number of draws. */
    public long totalCount() { return totalCount; }

    @Override public Constraint support() { return Constraints.multinomial(totalCount); }

    @Override public Multinomial expand(long... batchShape) {
        return derive(() -> new Multinomial(totalCount, categorical.expand(batchShape)));
    }

    @Override protected Tensor drawSample(long[] sampleShape) {
        Tensor draws = categorical.drawSample(Shapes.concat(new long[] {totalCount}, sampleShape)).movedim(0, -1);
        Tensor counts = draws.newZeros(extended(sampleShape));
        return counts.scatterAdd_(-1, draws, draws.onesLike()).to(probs().dtype());
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        var all = Shapes.broadcast(logits(), value);
        Tensor v = all.get(1);
        Tensor log = all.get(0).maskedFill(v.eq(0).logicalAnd(all.get(0).eq(Double.NEGATIVE_INFINITY)), 0);
        return v.sum(-1).add(1).lgamma().sub(v.add(1).lgamma().sum(-1)).add(log.mul(v).sum(-1));
    }

    /** Computes the entropies; those of several distributions share the sum over all classes of all, as Python's do. */
    @Override protected Tensor computeEntropy() {
        Tensor p = probs();
        var binomial = derive(() -> Binomial.ofProbs(p.newEmpty(new long[0]).fill_(totalCount), p));
        long[] ones = new long[(int) p.dim()];
        java.util.Arrays.fill(ones, 1);
        Tensor counts = Aten.arange(1, totalCount + 1, p.dtype(), null, p.device()).reshape(Shapes.concat(new long[] {totalCount}, ones));
        Tensor weights = counts.add(1).lgamma(), constant = p.newEmpty(new long[0]).fill_(totalCount + 1).lgamma();
        Tensor rest = binomial.computeLogProb(counts).exp().mul(weights).sum(0, -1);
        return categorical.computeEntropy().mul(totalCount).sub(constant).add(rest);
    }

    @Override protected Tensor computeMean() { return probs().mul(totalCount); }

    @Override protected Tensor computeVariance() { return probs().mul(totalCount).mul(probs().rsub(1)); }
}
