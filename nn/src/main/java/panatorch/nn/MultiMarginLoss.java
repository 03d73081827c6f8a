package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * Multi-class margin loss {@code Σ max(0, margin − x_target + x_class)ᵖ / C} over the other classes: scores [N, C], classes int64 [N]; [N]
 * without reduction.
 */
public final class MultiMarginLoss extends Loss {
    /**
     * Options of the loss. Each method returns changed options.
     *
     * @param weight weight of each class [C], then owned by the loss; or null
     * @param p power, 1 or 2
     * @param margin margin
     * @param reduction reduction over the rows
     */
    public record Options(@Nullable Tensor weight, long p, double margin, Reduction reduction) {
        public Options weight(@Nullable Tensor w) { return new Options(w, p, margin, reduction); }

        public Options p(long power) { return new Options(weight, power, margin, reduction); }

        public Options margin(double m) { return new Options(weight, p, m, reduction); }

        public Options reduction(Reduction r) { return new Options(weight, p, margin, r); }
    }

    /** Returns the defaults: margin 1, p 1, the mean. */
    public static Options options() { return new Options(null, 1, 1, Reduction.MEAN); }

    private final long p;
    private final double margin;

    public MultiMarginLoss() { this(options()); }

    public MultiMarginLoss(Options o) { this(o.weight, o.p, o.margin, o.reduction); }

    public MultiMarginLoss(Reduction reduction) { this(options().reduction(reduction)); }

    /**
     * Creates the loss.
     *
     * @param weight weight of each class [C], then owned by this module; or null
     * @param p power, 1 or 2
     */
    public MultiMarginLoss(@Nullable Tensor weight, long p, double margin, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
        this.p = p;
        this.margin = margin;
    }

    @Override public Tensor forward(Tensor input, Tensor target) {
        return Nn.multiMarginLoss(input, target, p, margin, bufferOrNull("weight"), code());
    }

    @Override protected Module recreate() { return new MultiMarginLoss(another("weight"), p, margin, reduction); }
}
