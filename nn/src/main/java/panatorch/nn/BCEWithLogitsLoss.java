package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** {@link BCELoss} of the sigmoid of the input, computed in one operator. Input and target have the same shape. */
public final class BCEWithLogitsLoss extends Loss {
    public BCEWithLogitsLoss() { this(null, null, Reduction.MEAN); }

    public BCEWithLogitsLoss(Reduction reduction) { this(null, null, reduction); }

    /**
     * Creates the loss.
     *
     * @param weight weight of the elements, of a shape that broadcasts, then owned by this module; or null
     * @param posWeight weight of positive targets, in the same way; or null
     */
    public BCEWithLogitsLoss(@Nullable Tensor weight, @Nullable Tensor posWeight, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
        buffer("pos_weight", posWeight);
    }

    @Override public Tensor forward(Tensor input, Tensor target) {
        return Aten.binaryCrossEntropyWithLogits(input, target, bufferOrNull("weight"), bufferOrNull("pos_weight"), code());
    }

    @Override protected Module recreate() { return new BCEWithLogitsLoss(another("weight"), another("pos_weight"), reduction); }
}
