package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** Hinge embedding loss: {@code x} where y is 1, {@code max(0, margin − x)} where y is -1. Input and target have the same shape. */
public final class HingeEmbeddingLoss extends Loss {
    private final double margin;

    public HingeEmbeddingLoss() { this(1, Reduction.MEAN); }

    public HingeEmbeddingLoss(Reduction reduction) { this(1, reduction); }

    public HingeEmbeddingLoss(double margin, Reduction reduction) {
        super(reduction);
        this.margin = margin;
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Aten.hingeEmbeddingLoss(input, target, margin, code()); }

    @Override protected Module recreate() { return new HingeEmbeddingLoss(margin, reduction); }
}
