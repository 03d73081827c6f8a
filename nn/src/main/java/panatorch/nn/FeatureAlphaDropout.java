package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** {@link AlphaDropout} of whole channels of [N, C, …]. */
public final class FeatureAlphaDropout extends Module {
    private final double p;
    private final boolean inplace;

    public FeatureAlphaDropout() { this(0.5, false); }

    public FeatureAlphaDropout(double p) { this(p, false); }

    /** @param p probability of dropping, in [0, 1]; @param inplace whether the input is overwritten */
    public FeatureAlphaDropout(double p, boolean inplace) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("the drop probability is between 0 and 1, not " + p);
        this.p = p;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.featureAlphaDropout_(input, p, isTraining()) : Aten.featureAlphaDropout(input, p, isTraining()); }

    public double p() { return p; }

    @Override protected Module recreate() { return new FeatureAlphaDropout(p, inplace); }

    @Override protected String describe() { return "p=" + Repr.of(p) + ", inplace=" + Repr.of(inplace); }
}
