package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Srivastava et al. 2014: in training zeroes each element with probability {@code p} and divides the others by {@code 1 − p}
 * (inverted dropout); in evaluation the identity. Draws from the global generator of the input's device.
 */
public final class Dropout extends Module {
    private final double p;
    private final boolean inplace;

    public Dropout() { this(0.5, false); }

    public Dropout(double p) { this(p, false); }

    /** @param p probability of dropping, in [0, 1]; @param inplace whether the input is overwritten */
    public Dropout(double p, boolean inplace) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("the drop probability is between 0 and 1, not " + p);
        this.p = p;
        this.inplace = inplace;
    }

    @Override public Tensor forward(Tensor input) { return inplace ? Aten.dropout_(input, p, isTraining()) : Aten.dropout(input, p, isTraining()); }

    public double p() { return p; }

    @Override protected Module recreate() { return new Dropout(p, inplace); }

    @Override protected String describe() { return "p=" + Repr.of(p) + ", inplace=" + Repr.of(inplace); }
}
