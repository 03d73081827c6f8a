package panatorch.nn;

import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * Multi-label hinge loss: scores [N, C], and int64 classes [N, C], of which each row counts up to its first -1; [N] without reduction.
 */
public final class MultiLabelMarginLoss extends Loss {
    public MultiLabelMarginLoss() { this(Reduction.MEAN); }

    public MultiLabelMarginLoss(Reduction reduction) {
        super(reduction);
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.multilabelMarginLoss(input, target, code()); }

    @Override protected Module recreate() { return new MultiLabelMarginLoss(reduction); }
}
