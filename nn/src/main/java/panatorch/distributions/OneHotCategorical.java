package panatorch.distributions;

import panatorch.Tensor;
import panatorch.Torch;

/** The categorical distribution with draws as one-hot vectors [C], in the type of the probabilities. */
public sealed class OneHotCategorical extends Distribution permits OneHotCategoricalStraightThrough {
    private final Categorical categorical;

    OneHotCategorical(Categorical categorical) {
        super(categorical.batchShape(), categorical.numEvents());
        this.categorical = categorical;
    }

    /**
     * Returns distributions with these probabilities.
     *
     * @param probs numbers from 0, [*, C]; they are divided by their sum
     */
    public static OneHotCategorical ofProbs(Tensor probs) { return new OneHotCategorical(Categorical.ofProbs(probs)); }

    /**
     * Returns distributions with these logits.
     *
     * @param logits log-probabilities that need not be normalised, [*, C]
     */
    public static OneHotCategorical ofLogits(Tensor logits) { return new OneHotCategorical(Categorical.ofLogits(logits)); }

    /** Returns the probabilities, [*, C], whose sum is 1. */
    public final Tensor probs() { return categorical.probs(); }

    /** Returns the log-probabilities, [*, C]. */
    public final Tensor logits() { return categorical.logits(); }

    /** Returns the distribution of the classes. */
    public final Categorical categorical() { return categorical; }

    @Override public final Constraint support() { return Constraints.ONE_HOT; }

    @Override public OneHotCategorical expand(long... batchShape) {
        return derive(() -> new OneHotCategorical(categorical.expand(batchShape)));
    }

    @Override public final boolean hasEnumerateSupport() { return true; }

    private Tensor oneHot(Tensor classes) { return classes.oneHot(categorical.numEvents()).to(categorical.probs().dtype()); }

    @Override protected final Tensor drawSample(long[] sampleShape) { return oneHot(categorical.drawSample(sampleShape)); }

    @Override protected final Tensor computeLogProb(Tensor value) { return categorical.computeLogProb(value.max(-1L).indices()); }

    @Override protected final Tensor computeEntropy() { return categorical.computeEntropy(); }

    @Override protected final Tensor computeMean() { return categorical.probs(); }

    @Override protected final Tensor computeMode() { return oneHot(categorical.computeMode()); }

    @Override protected final Tensor computeVariance() { return categorical.probs().mul(categorical.probs().rsub(1)); }

    @Override protected final Tensor computeSupport() {
        Tensor p = categorical.probs();
        return Torch.eye(categorical.numEvents(), categorical.numEvents(), p.dtype(), p.device());
    }
}
