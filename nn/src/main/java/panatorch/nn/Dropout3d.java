package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** {@link Dropout} of whole channels of [N, C, D, H, W], or the same without N (Tompson et al. 2014, arXiv:1411.4280). */
public final class Dropout3d extends Module {
    private final double p;
    private final boolean inplace;

    public Dropout3d() { this(0.5, false); }

    public Dropout3d(double p) { this(p, false); }

    /** @param p probability of dropping, in [0, 1]; @param inplace whether the input is overwritten */
    public Dropout3d(double p, boolean inplace) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("the drop probability is between 0 and 1, not " + p);
        this.p = p;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) {
        boolean single = input.dim() == 4;
        Tensor x = single ? input.unsqueeze(0) : input;
        x = inplace ? Aten.featureDropout_(x, p, isTraining()) : Aten.featureDropout(x, p, isTraining());
        return single ? x.squeeze(0) : x;
    }

    public double p() { return p; }

    @Override protected Module recreate() { return new Dropout3d(p, inplace); }

    @Override protected String describe() { return "p=" + Repr.of(p) + ", inplace=" + Repr.of(inplace); }
}
