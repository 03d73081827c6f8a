package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Dropout that preserves mean and variance after a {@link SELU}: dropped elements become SELU's lower limit (Klambauer et al., 2017,
 * arXiv:1706.02515).
 */
public final class AlphaDropout extends DropoutLayer {
    public AlphaDropout() { this(0.5, false); }

    public AlphaDropout(double p) { this(p, false); }

    /**
     * Creates the layer.
     *
     * @param p probability of dropping, in [0, 1]
     * @param inplace whether to overwrite the input
     */
    public AlphaDropout(double p, boolean inplace) { super(p, inplace); }

    @Override protected Tensor withoutSource(Tensor input) {
        return inplace() ? Aten.alphaDropout_(input, p(), isTraining()) : Aten.alphaDropout(input, p(), isTraining());
    }

    @Override protected long[] maskShape(Tensor input) { return input.shape(); }

    @Override protected Tensor masked(Tensor input, Tensor mask) { return withMoments(input, mask, p(), inplace()); }

    /**
     * Replaces dropped elements by α′ = −1.0507 · 1.6733 and applies a · x + b, which restores mean 0 and variance 1. Elements are kept
     * where the mask is not 0.
     */
    static Tensor withMoments(Tensor input, Tensor mask, double p, boolean inplace) {
        if (p == 1) return inplace ? input.mul_(mask) : input.mul(mask);
        double alpha = 1.7580993408473766, a = 1 / Math.sqrt((alpha * alpha * p + 1) * (1 - p));
        Tensor kept = mask.ne(0).to(input.dtype()), b = kept.add(-1).mul_(alpha * a).add_(alpha * a * p), scale = kept.mul_(a);
        return (inplace ? input.mul_(scale) : input.mul(scale)).add_(b);
    }

    @Override protected Module recreate() { return new AlphaDropout(p(), inplace()); }
}
