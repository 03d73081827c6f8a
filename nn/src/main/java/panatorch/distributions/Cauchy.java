package panatorch.distributions;

import panatorch.Aten;
import panatorch.Tensor;

/** The Cauchy distribution: the median is {@code loc}, and half of the values are within {@code scale} of it. */
public final class Cauchy extends Distribution {
    private final Tensor loc, scale;

    private Cauchy(Tensor loc, Tensor scale) {
        var all = Shapes.broadcast(loc, scale);
        Tensor locAll = all.get(0);
        Tensor scaleAll = all.get(1);
        super(locAll.shape());
        this.loc = locAll;
        this.scale = scaleAll;
        require("loc", this.loc, Constraints.REAL);
        require("scale", this.scale, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param loc medians
     * @param scale half widths at half maximum, above 0
     */
    public static Cauchy of(Tensor loc, Tensor scale) { return new Cauchy(loc, scale); }

    /** Returns one distribution, in the default type. */
    public static Cauchy of(double loc, double scale) {
        return of(Shapes.number(loc), Shapes.number(scale));
    }

    /** Returns the medians. */
    public Tensor loc() { return loc; }

    /** Returns the half widths at half maximum. */
    public Tensor scale() { return scale; }

    @Override public Constraint support() { return Constraints.REAL; }

    @Override public Cauchy expand(long... batchShape) {
        return derive(() -> new Cauchy(loc.expand(batchShape), scale.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) { return loc.add(loc.newEmpty(extended(sampleShape)).cauchy_().mul(scale)); }

    @Override protected Tensor computeLogProb(Tensor value) {
        return scale.log().neg().sub(Math.log(Math.PI)).sub(value.sub(loc).div(scale).pow(2).log1p());
    }

    @Override protected Tensor computeEntropy() { return scale.log().add(Math.log(4 * Math.PI)); }

    @Override protected Tensor computeCdf(Tensor value) { return value.sub(loc).div(scale).atan().div(Math.PI).add(0.5); }

    @Override protected Tensor computeIcdf(Tensor probability) { return probability.sub(0.5).mul(Math.PI).tan().mul(scale).add(loc); }

    /** Returns NaN: the integral does not converge. */
    @Override protected Tensor computeMean() {
        return Aten.full(extended(), Double.NaN, loc.dtype(), null, loc.device());
    }

    @Override protected Tensor computeMode() { return loc; }

    /** Returns infinity. */
    @Override protected Tensor computeVariance() {
        return Aten.full(extended(), Double.POSITIVE_INFINITY, loc.dtype(), null, loc.device());
    }
}
