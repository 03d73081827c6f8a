package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** {@code max(0, d(a, p) − d(a, n) + margin)} of an anchor, a positive and a negative, each [N, D] (Balntas et al. 2016). */
public final class TripletMarginLoss extends Module {
    private final double margin, p, eps;
    private final boolean swap;
    private final Reduction reduction;

    public TripletMarginLoss() { this(1, 2, 1e-6, false, Reduction.MEAN); }

    /** @param p of the norm; @param swap whether the positive stands for the anchor where it is nearer to the negative */
    public TripletMarginLoss(double margin, double p, double eps, boolean swap, Reduction reduction) {
        this.margin = margin;
        this.p = p;
        this.eps = eps;
        this.swap = swap;
        this.reduction = reduction;
    }

    public Tensor forward(Tensor anchor, Tensor positive, Tensor negative) {
        return Aten.tripletMarginLoss(anchor, positive, negative, margin, p, eps, swap, reduction.ordinal());
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) { return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2))); }

    @Override protected Module recreate() { return new TripletMarginLoss(margin, p, eps, swap, reduction); }
}
