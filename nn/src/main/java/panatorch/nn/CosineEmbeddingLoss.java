package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * Cosine embedding loss: {@code 1 − cos(x₁, x₂)} where y is 1, {@code max(0, cos(x₁, x₂) − margin)} where y is -1; x₁ and x₂ [N, D], y [N].
 */
public final class CosineEmbeddingLoss extends Module {
    private final double margin;
    private final Reduction reduction;

    public CosineEmbeddingLoss() { this(0, Reduction.MEAN); }

    public CosineEmbeddingLoss(double margin, Reduction reduction) {
        this.margin = margin;
        this.reduction = reduction;
    }

    public Tensor forward(Tensor input1, Tensor input2, Tensor target) {
        return Aten.cosineEmbeddingLoss(input1, input2, target, margin, reduction.ordinal());
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2)));
    }

    @Override protected Module recreate() { return new CosineEmbeddingLoss(margin, reduction); }
}
