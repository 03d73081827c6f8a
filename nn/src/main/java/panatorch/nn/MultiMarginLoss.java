package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** {@code Σ max(0, margin − x_target + x_class)ᵖ / C} over the other classes: [N, C], int64 [N]; [N] without reduction. */
public final class MultiMarginLoss extends Loss {
    private final long p;
    private final double margin;

    public MultiMarginLoss() { this(null, 1, 1, Reduction.MEAN); }

    public MultiMarginLoss(Reduction reduction) { this(null, 1, 1, reduction); }

    /** @param weight of each class [C], then owned by this; @param p 1 or 2 */
    public MultiMarginLoss(@Nullable Tensor weight, long p, double margin, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
        this.p = p;
        this.margin = margin;
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.multiMarginLoss(input, target, p, margin, buffer("weight"), code()); }

    @Override protected Module recreate() { return new MultiMarginLoss(another("weight"), p, margin, reduction); }
}
