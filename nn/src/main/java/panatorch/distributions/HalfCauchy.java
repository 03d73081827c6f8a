package panatorch.distributions;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/** The distribution of |x| for a Cauchy distribution around 0. */
public final class HalfCauchy extends TransformedDistribution {
    private final Tensor scale;

    private HalfCauchy(Tensor scale) {
        super(Cauchy.of(scale.detach().zerosLike(), scale), List.of(AbsTransform.of()));
        this.scale = scale;
        require("scale", scale, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters.
     *
     * @param scale scales, above 0
     */
    public static HalfCauchy of(Tensor scale) { return new HalfCauchy(scale); }

    /** Returns one distribution, in the default type. */
    public static HalfCauchy of(double scale) { return of(Shapes.number(scale)); }

    /** Returns the scales. */
    public Tensor scale() { return scale; }

    @Override public Constraint support() { return Constraints.NONNEGATIVE; }

    @Override public HalfCauchy expand(long... batchShape) {
        return derive(() -> new HalfCauchy(scale.expand(batchShape)));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        return Aten.where(value.ge(0), base().computeLogProb(value).add(Math.log(2)), Double.NEGATIVE_INFINITY);
    }

    @Override protected Tensor computeCdf(Tensor value) { return base().computeCdf(value).mul(2).sub(1); }

    @Override protected Tensor computeIcdf(Tensor probability) { return base().computeIcdf(probability.add(1).div(2)); }

    @Override protected Tensor computeEntropy() { return base().computeEntropy().sub(Math.log(2)); }

    @Override protected Tensor computeMean() {
        return Aten.full(extended(), Double.POSITIVE_INFINITY, scale.dtype(), null, scale.device());
    }

    @Override protected Tensor computeMode() { return scale.zerosLike(); }

    @Override protected Tensor computeVariance() { return base().computeVariance(); }
}
