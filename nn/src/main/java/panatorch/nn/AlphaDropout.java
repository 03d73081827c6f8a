package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Dropout that keeps mean and variance behind a {@link SELU}: what is dropped becomes SELU's lower limit (Klambauer et al. 2017, arXiv:1706.02515). */
public final class AlphaDropout extends Module {
    private final double p;
    private final boolean inplace;

    public AlphaDropout() { this(0.5, false); }

    public AlphaDropout(double p) { this(p, false); }

    /** @param p probability of dropping, in [0, 1]; @param inplace whether the input is overwritten */
    public AlphaDropout(double p, boolean inplace) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("the drop probability is between 0 and 1, not " + p);
        this.p = p;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.alphaDropout_(input, p, isTraining()) : Aten.alphaDropout(input, p, isTraining()); }

    public double p() { return p; }

    @Override protected Module recreate() { return new AlphaDropout(p, inplace); }

    @Override protected String describe() { return "p=" + Repr.of(p) + ", inplace=" + Repr.of(inplace); }
}
