package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** {@link AlphaDropout} of whole channels of [N, C, …]. */
public final class FeatureAlphaDropout extends DropoutLayer {
    public FeatureAlphaDropout() { this(0.5, false); }

    public FeatureAlphaDropout(double p) { this(p, false); }

    /**
     * Creates the layer.
     *
     * @param p probability of dropping, in [0, 1]
     * @param inplace whether to overwrite the input
     */
    public FeatureAlphaDropout(double p, boolean inplace) { super(p, inplace); }

    @Override protected Tensor withoutSource(Tensor input) {
        return inplace() ? Aten.featureAlphaDropout_(input, p(), isTraining()) : Aten.featureAlphaDropout(input, p(), isTraining());
    }

    @Override protected long[] maskShape(Tensor input) { return channels(input, true); }

    @Override protected Tensor masked(Tensor input, Tensor mask) { return AlphaDropout.withMoments(input, mask, p(), inplace()); }

    @Override protected Module recreate() { return new FeatureAlphaDropout(p(), inplace()); }
}
