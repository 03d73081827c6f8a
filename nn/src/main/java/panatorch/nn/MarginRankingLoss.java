package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** {@code max(0, −y (x₁ − x₂) + margin)} with y 1 where x₁ should be larger, -1 where x₂; all of one shape. */
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

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) { return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2))); }

    @Override protected Module recreate() { return new MarginRankingLoss(margin, reduction); }
}
