package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Soft margin loss {@code log(1 + exp(−y x))} with y 1 or -1. Input and target have the same shape. */
public final class SoftMarginLoss extends Loss {
    public SoftMarginLoss() { this(Reduction.MEAN); }

    public SoftMarginLoss(Reduction reduction) {
        super(reduction);
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.softMarginLoss(input, target, code()); }

    @Override protected Module recreate() { return new SoftMarginLoss(reduction); }
}
