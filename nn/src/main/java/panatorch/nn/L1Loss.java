package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Absolute error {@code |x − y|}. Input and target have the same shape. */
public final class L1Loss extends Loss {
    public L1Loss() { this(Reduction.MEAN); }

    public L1Loss(Reduction reduction) {
        super(reduction);
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.l1Loss(input, target, code()); }

    @Override protected Module recreate() { return new L1Loss(reduction); }
}
