package panatorch.distributions;

import panatorch.Tensor;

/** {@link OneHotCategorical} whose draws have the gradient of the probabilities (Bengio et al. 2013, arXiv:1308.3432). */
public final class OneHotCategoricalStraightThrough extends OneHotCategorical {
    private OneHotCategoricalStraightThrough(Categorical categorical) { super(categorical); }

    /** Returns distributions with these probabilities, [*, C], as {@link OneHotCategorical#ofProbs}. */
    public static OneHotCategoricalStraightThrough ofProbs(Tensor probs) {
        return new OneHotCategoricalStraightThrough(Categorical.ofProbs(probs));
    }

    /** Returns distributions with these logits, [*, C], as {@link OneHotCategorical#ofLogits}. */
    public static OneHotCategoricalStraightThrough ofLogits(Tensor logits) {
        return new OneHotCategoricalStraightThrough(Categorical.ofLogits(logits));
    }

    @Override public OneHotCategoricalStraightThrough expand(long... batchShape) {
        return derive(() -> new OneHotCategoricalStraightThrough(categorical().expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        Tensor p = probs();
        return sample(sampleShape).add(p.sub(p.detach()));
    }
}
