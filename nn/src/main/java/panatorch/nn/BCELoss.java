package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Binary cross-entropy {@code −y log x − (1 − y) log(1 − x)} of probabilities x. Input and target have the same shape. */
public final class BCELoss extends Loss {
    public BCELoss() { this(null, Reduction.MEAN); }

    public BCELoss(Reduction reduction) { this(null, reduction); }

    /** @param weight weight of the elements, of a shape that broadcasts, then owned by this module; or null */
    public BCELoss(@Nullable Tensor weight, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
    }

    @Override public Tensor forward(Tensor input, Tensor target) {
        return Nn.binaryCrossEntropy(input, target, bufferOrNull("weight"), code());
    }

    @Override protected Module recreate() { return new BCELoss(another("weight"), reduction); }
}
