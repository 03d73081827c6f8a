package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** The mean binary cross-entropy of C classes that exclude no other: logits [*, C], targets 0 or 1 [*, C]; [*] without reduction. */
public final class MultiLabelSoftMarginLoss extends Loss {
    public MultiLabelSoftMarginLoss() { this(null, Reduction.MEAN); }

    public MultiLabelSoftMarginLoss(Reduction reduction) { this(null, reduction); }

    /** @param weight of each class [C], then owned by this */
    public MultiLabelSoftMarginLoss(@Nullable Tensor weight, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
    }

    @Override public Tensor forward(Tensor input, Tensor target) {
        Tensor loss = target.mul(Aten.logSigmoid(input)).add(target.neg().add(1).mul(Aten.logSigmoid(input.neg()))).neg(), weight = buffer("weight");
        if (weight != null) loss = loss.mul(weight);
        loss = loss.sum(-1).div(input.size(-1));
        return reduction.of(loss);
    }

    @Override protected Module recreate() { return new MultiLabelSoftMarginLoss(another("weight"), reduction); }
}
