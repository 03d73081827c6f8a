package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * Dropout (Srivastava et al., 2014): in training it zeroes each element with probability {@code p} and divides the others by {@code 1 − p}
 * (inverted dropout); in evaluation it is the identity. Any shape. Draws from the global generator of the input's device, or takes its
 * masks from a {@link MaskSource}.
 */
public final class Dropout extends DropoutLayer {
    public Dropout() { this(0.5, false); }

    public Dropout(double p) { this(p, false); }

    /**
     * Creates the layer.
     *
     * @param p probability of dropping, in [0, 1]
     * @param inplace whether to overwrite the input
     */
    public Dropout(double p, boolean inplace) { super(p, inplace); }

    @Override protected Tensor withoutSource(Tensor input) {
        return inplace() ? Aten.dropout_(input, p(), isTraining()) : Aten.dropout(input, p(), isTraining());
    }

    @Override protected long[] maskShape(Tensor input) { return input.shape(); }

    @Override protected Module recreate() { return new Dropout(p(), inplace()); }
}
