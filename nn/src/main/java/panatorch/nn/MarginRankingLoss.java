package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * Margin ranking loss {@code max(0, −y (x₁ − x₂) + margin)}, where y is 1 if x₁ should be larger and -1 if x₂ should be. All have the same
 * shape.
 */
public final class MarginRankingLoss extends Module {
    private final double margin;
    private final Reduction reduction;

    public MarginRankingLoss() { this(0, Reduction.MEAN); }

    public MarginRankingLoss(double margin, Reduction reduction) {
        this.margin = margin;
        this.reduction = reduction;
    }

    public Tensor forward(Tensor input1, Tensor input2, Tensor target) {
        return Aten.marginRankingLoss(input1, input2, target, margin, reduction.ordinal());
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2)));
    }

    @Override protected Module recreate() { return new MarginRankingLoss(margin, reduction); }
}
