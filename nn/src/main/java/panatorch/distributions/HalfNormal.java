package panatorch.distributions;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/** The distribution of |x| for a normal distribution with mean 0. */
public final class HalfNormal extends TransformedDistribution {
    private final Tensor scale;

    private HalfNormal(Tensor scale) {
        super(Normal.of(scale.detach().zerosLike(), scale), List.of(AbsTransform.of()));
        this.scale = scale;
        require("scale", scale, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters.
     *
     * @param scale scales, above 0
     */
    public static HalfNormal of(Tensor scale) { return new HalfNormal(scale); }

    /** Returns one distribution, in the default type. */
    public static HalfNormal of(double scale) { return of(Shapes.number(scale)); }

    /** Returns the scales. */
    public Tensor scale() { return scale; }

    @Override public Constraint support() { return Constraints.NONNEGATIVE; }

    @Override public HalfNormal expand(long... batchShape) {
        return derive(() -> new HalfNormal(scale.expand(batchShape)));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        return Aten.where(value.ge(0), base().computeLogProb(value).add(Math.log(2)), Double.NEGATIVE_INFINITY);
    }

    @Override protected Tensor computeCdf(Tensor value) { return base().computeCdf(value).mul(2).sub(1); }

    @Override protected Tensor computeIcdf(Tensor probability) { return base().computeIcdf(probability.add(1).div(2)); }

    @Override protected Tensor computeEntropy() { return base().computeEntropy().sub(Math.log(2)); }

    @Override protected Tensor computeMean() { return scale.mul(Math.sqrt(2 / Math.PI)); }

    @Override protected Tensor computeMode() { return scale.zerosLike(); }

    @Override protected Tensor computeVariance() { return scale.pow(2).mul(1 - 2 / Math.PI); }
}
