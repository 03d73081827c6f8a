package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Srivastava et al. 2014: in training zeroes each element with probability {@code p} and divides the others by {@code 1 − p}
 * (inverted dropout); in evaluation the identity. Draws from the global generator of the input's device.
 */
public final class Dropout extends Module {
    private final double p;

    /** @param p probability of dropping, in [0, 1] */
    public Dropout(double p) {
        if (!(p >= 0 && p <= 1)) throw new IllegalArgumentException("the drop probability is between 0 and 1, not " + p);
        this.p = p;
    }

    public double p() { return p; }

    @Override public Tensor forward(Tensor input) { return Aten.dropout(input, p, isTraining()); }

    @Override protected String describe() { return "p=" + p; }
}
