package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** {@code (x − y)²}; input and target of one shape. */
public final class MSELoss extends Loss {
    public MSELoss() { this(Reduction.MEAN); }

    public MSELoss(Reduction reduction) {
        super(reduction);
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.mseLoss(input, target, code()); }

    @Override protected Module recreate() { return new MSELoss(reduction); }
}
