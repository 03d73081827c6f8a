package panatorch.distributions;

import java.util.List;
import panatorch.Tensor;

/** The Pareto distribution of numbers from {@code scale}, with density ∝ x^(−{@code alpha} − 1). */
public final class Pareto extends TransformedDistribution {
    private final Tensor scale, alpha;

    private Pareto(Tensor scale, Tensor alpha) {
        var all = Shapes.broadcast(scale, alpha);
        Tensor scaleAll = all.get(0);
        Tensor alphaAll = all.get(1);
        super(Exponential.of(alphaAll), List.of(ExpTransform.of(), AffineTransform.of(scaleAll.detach().zerosLike(), scaleAll)));
        this.scale = scaleAll;
        this.alpha = alphaAll;
        require("scale", this.scale, Constraints.POSITIVE);
        require("alpha", this.alpha, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param scale lower bounds, above 0
     * @param alpha exponents, above 0
     */
    public static Pareto of(Tensor scale, Tensor alpha) { return new Pareto(scale, alpha); }

    /** Returns one distribution, in the default type. */
    public static Pareto of(double scale, double alpha) {
        return of(Shapes.number(scale), Shapes.number(alpha));
    }

    /** Returns the lower bounds. */
    public Tensor scale() { return scale; }

    /** Returns the exponents. */
    public Tensor alpha() { return alpha; }

    @Override public Constraint support() { return Constraints.greaterThanEq(scale); }

    @Override public Pareto expand(long... batchShape) {
        return derive(() -> new Pareto(scale.expand(batchShape), alpha.expand(batchShape)));
    }

    @Override protected Tensor computeEntropy() { return scale.div(alpha).log().add(alpha.reciprocal().add(1)); }

    /** Returns the means, infinite for exponents up to 1. */
    @Override protected Tensor computeMean() {
        return alpha.clampMin(1).mul(scale).div(alpha.clampMin(1).sub(1));
    }

    @Override protected Tensor computeMode() { return scale; }

    /** Returns the variances, infinite for exponents up to 2. */
    @Override protected Tensor computeVariance() {
        Tensor a = alpha.clampMin(2);
        return scale.pow(2).mul(a).div(a.sub(1).pow(2).mul(a.sub(2)));
    }
}
