package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/** {@code Σ max(0, margin − x_target + x_class)ᵖ / C} over the other classes: [N, C], int64 [N]; [N] without reduction. */
public final class MultiMarginLoss extends Loss {
    /**
     * Each method returns changed options.
     *
     * @param weight of each class [C], then owned by the loss; or null
     * @param p 1 or 2
     */
    public record Options(@Nullable Tensor weight, long p, double margin, Reduction reduction) {
        public Options weight(@Nullable Tensor w) { return new Options(w, p, margin, reduction); }

        public Options p(long power) { return new Options(weight, power, margin, reduction); }

        public Options margin(double m) { return new Options(weight, p, m, reduction); }

        public Options reduction(Reduction r) { return new Options(weight, p, margin, r); }
    }

    /** Margin 1, p 1, the mean. */
    public static Options options() { return new Options(null, 1, 1, Reduction.MEAN); }

    private final long p;
    private final double margin;

    public MultiMarginLoss() { this(options()); }

    public MultiMarginLoss(Options o) { this(o.weight, o.p, o.margin, o.reduction); }

    public MultiMarginLoss(Reduction reduction) { this(options().reduction(reduction)); }

    /** @param weight of each class [C], then owned by this; @param p 1 or 2 */
    public MultiMarginLoss(@Nullable Tensor weight, long p, double margin, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
        this.p = p;
        this.margin = margin;
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.multiMarginLoss(input, target, p, margin, bufferOrNull("weight"), code()); }

    @Override protected Module recreate() { return new MultiMarginLoss(another("weight"), p, margin, reduction); }
}
