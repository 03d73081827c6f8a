package panatorch.distributions;

import panatorch.Aten;
import panatorch.Tensor;

/**
 * The generalised Pareto distribution of excesses over {@code loc}; its tail is heavy for {@code concentration} above 0, and ends for one
 * below.
 */
public final class GeneralizedPareto extends Distribution {
    private final Tensor loc, scale, concentration;

    private GeneralizedPareto(Tensor loc, Tensor scale, Tensor concentration) {
        var all = Shapes.broadcast(loc, scale, concentration);
        Tensor locAll = all.get(0);
        Tensor scaleAll = all.get(1);
        Tensor concentrationAll = all.get(2);
        super(locAll.shape());
        this.loc = locAll;
        this.scale = scaleAll;
        this.concentration = concentrationAll;
        require("loc", this.loc, Constraints.REAL);
        require("scale", this.scale, Constraints.POSITIVE);
        require("concentration", this.concentration, Constraints.REAL);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param loc lower bounds
     * @param scale scales, above 0
     * @param concentration shape parameters
     */
    public static GeneralizedPareto of(Tensor loc, Tensor scale, Tensor concentration) {
        return new GeneralizedPareto(loc, scale, concentration);
    }

    /** Returns one distribution, in the default type. */
    public static GeneralizedPareto of(double loc, double scale, double concentration) {
        return of(Shapes.number(loc), Shapes.number(scale), Shapes.number(concentration));
    }

    /** Returns the lower bounds. */
    public Tensor loc() { return loc; }

    /** Returns the scales. */
    public Tensor scale() { return scale; }

    /** Returns the shape parameters. */
    public Tensor concentration() { return concentration; }

    @Override public GeneralizedPareto expand(long... batchShape) {
        return derive(() -> new GeneralizedPareto(loc.expand(batchShape), scale.expand(batchShape), concentration.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) { return computeIcdf(Shapes.rand(extended(sampleShape), loc)); }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor z = value.sub(loc).div(scale), zero = isZero(), safe = safeConcentration();
        Tensor y = safe.reciprocal().add(z.onesLike());
        Tensor curved = Aten.where(y.eq(0), y, y.mul(safe.mul(z).log1p()));
        return scale.log().neg().sub(Aten.where(zero, z, curved));
    }

    @Override protected Tensor computeEntropy() { return scale.log().add(concentration).add(1); }

    @Override protected Tensor computeCdf(Tensor value) {
        Tensor z = value.sub(loc).div(scale), safe = safeConcentration();
        return Aten.where(isZero(), z.neg(), safe.mul(z).log1p().neg().div(safe)).exp().neg().log1p().exp();
    }

    @Override protected Tensor computeIcdf(Tensor probability) {
        Tensor log = probability.neg().log1p(), safe = safeConcentration();
        return Aten.where(isZero(), loc.sub(scale.mul(log)), loc.add(scale.div(safe).mul(safe.neg().mul(log).expm1())));
    }

    /** Returns the means, NaN for concentrations from 1. */
    @Override protected Tensor computeMean() {
        Tensor valid = concentration.lt(1);
        return Aten.where(valid, loc.add(scale.div(Aten.where(valid, concentration, 0.5).rsub(1))), Double.NaN);
    }

    @Override protected Tensor computeMode() { return loc; }

    /** Returns the variances, NaN for concentrations from 0.5. */
    @Override protected Tensor computeVariance() {
        Tensor valid = concentration.lt(0.5), safe = Aten.where(valid, concentration, 0.25);
        return Aten.where(valid, scale.pow(2).div(safe.rsub(1).pow(2).mul(safe.mul(2).rsub(1))), Double.NaN);
    }

    /** Returns the interval from {@code loc} to the end of the tail. Its upper bound belongs to the current scope. */
    @Override public Constraint support() {
        return Constraints.interval(loc,
                within(() -> Aten.where(concentration.lt(0), loc.sub(scale.div(concentration)), Double.POSITIVE_INFINITY)));
    }

    private Tensor isZero() { return concentration.isclose(concentration.zerosLike()); }

    private Tensor safeConcentration() { return Aten.where(isZero(), concentration.onesLike(), concentration); }
}
