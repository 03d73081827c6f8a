package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Srivastava et al., 2014: in training zeroes each element with probability {@code p} and divides the others by {@code 1 − p}
 * (inverted dropout); in evaluation the identity. Draws from the global generator of the input's device, or takes its masks from a {@link MaskSource}.
 */
public final class Dropout extends DropoutLayer {
    public Dropout() { this(0.5, false); }

    public Dropout(double p) { this(p, false); }

    /** @param p probability of dropping, in [0, 1]; @param inplace whether the input is overwritten */
    public Dropout(double p, boolean inplace) { super(p, inplace); }

    @Override protected Tensor withoutSource(Tensor input) { return inplace() ? Aten.dropout_(input, p(), isTraining()) : Aten.dropout(input, p(), isTraining()); }

    @Override protected long[] maskShape(Tensor input) { return input.shape(); }

    @Override protected Module recreate() { return new Dropout(p(), inplace()); }
}
