package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Squared error {@code (x − y)²}. Input and target have the same shape. */
public final class MSELoss extends Loss {
    public MSELoss() { this(Reduction.MEAN); }

    public MSELoss(Reduction reduction) {
        super(reduction);
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.mseLoss(input, target, code()); }

    @Override protected Module recreate() { return new MSELoss(reduction); }
}
