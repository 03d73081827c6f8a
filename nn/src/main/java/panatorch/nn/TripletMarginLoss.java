package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * Triplet margin loss {@code max(0, d(a, p) − d(a, n) + margin)} of an anchor, a positive and a negative, each [N, D] (Balntas et al.,
 * 2016).
 */
public final class TripletMarginLoss extends Module {
    /**
     * Options of the loss. Each method returns changed options.
     *
     * @param margin margin
     * @param p order of the norm
     * @param eps number added to differences
     * @param swap whether the positive replaces the anchor where it is nearer to the negative
     * @param reduction reduction over the rows
     */
    public record Options(double margin, double p, double eps, boolean swap, Reduction reduction) {
        public Options margin(double m) { return new Options(m, p, eps, swap, reduction); }

        public Options p(double power) { return new Options(margin, power, eps, swap, reduction); }

        public Options eps(double e) { return new Options(margin, p, e, swap, reduction); }

        public Options swap(boolean on) { return new Options(margin, p, eps, on, reduction); }

        public Options reduction(Reduction r) { return new Options(margin, p, eps, swap, r); }
    }

    /** Returns the defaults: margin 1, the Euclidean norm, the mean. */
    public static Options options() {
        return new Options(1, 2, 1e-6, false, Reduction.MEAN);
    }

    private final double margin, p, eps;
    private final boolean swap;
    private final Reduction reduction;

    public TripletMarginLoss() { this(options()); }

    public TripletMarginLoss(Options o) { this(o.margin, o.p, o.eps, o.swap, o.reduction); }

    /**
     * Creates the loss.
     *
     * @param p order of the norm
     * @param swap whether the positive replaces the anchor where it is nearer to the negative
     */
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

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2)));
    }

    @Override protected Module recreate() { return new TripletMarginLoss(margin, p, eps, swap, reduction); }
}
