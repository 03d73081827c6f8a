package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.functional.Losses;
import panatorch.nn.functional.Reduction;

/**
 * Mean binary cross-entropy of C classes that do not exclude each other: logits [*, C], targets 0 or 1 [*, C]; [*] without reduction.
 */
public final class MultiLabelSoftMarginLoss extends Loss {
    public MultiLabelSoftMarginLoss() { this(null, Reduction.MEAN); }

    public MultiLabelSoftMarginLoss(Reduction reduction) { this(null, reduction); }

    /** @param weight weight of each class [C], then owned by this module; or null */
    public MultiLabelSoftMarginLoss(@Nullable Tensor weight, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
    }

    @Override public Tensor forward(Tensor input, Tensor target) {
        return Losses.multilabelSoftMargin(input, target, bufferOrNull("weight"), reduction);
    }

    @Override protected Module recreate() { return new MultiLabelSoftMarginLoss(another("weight"), reduction); }
}
