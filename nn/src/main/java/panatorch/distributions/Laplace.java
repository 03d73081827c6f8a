package panatorch.distributions;

import panatorch.Tensor;

/** The Laplace distribution with mean {@code loc} and density exp(−|x − loc| / scale) / (2 · scale). */
public final class Laplace extends Distribution {
    private final Tensor loc, scale;

    private Laplace(Tensor loc, Tensor scale) {
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
     * @param loc means
     * @param scale scales, above 0
     */
    public static Laplace of(Tensor loc, Tensor scale) { return new Laplace(loc, scale); }

    /** Returns one distribution, in the default type. */
    public static Laplace of(double loc, double scale) {
        return of(Shapes.number(loc), Shapes.number(scale));
    }

    /** Returns the means. */
    public Tensor loc() { return loc; }

    /** Returns the scales. */
    public Tensor scale() { return scale; }

    @Override public Constraint support() { return Constraints.REAL; }

    @Override public Laplace expand(long... batchShape) {
        return derive(() -> new Laplace(loc.expand(batchShape), scale.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        Tensor u = loc.newEmpty(extended(sampleShape)).uniform_(loc.dtype().finfo().eps() - 1, 1);
        return loc.sub(scale.mul(u.sign()).mul(u.abs().neg().log1p()));
    }

    @Override protected Tensor computeLogProb(Tensor value) { return scale.mul(2).log().neg().sub(value.sub(loc).abs().div(scale)); }

    @Override protected Tensor computeEntropy() { return scale.mul(2).log().add(1); }

    @Override protected Tensor computeCdf(Tensor value) {
        return value.sub(loc).sign().mul(0.5).mul(value.sub(loc).abs().neg().div(scale).expm1()).rsub(0.5);
    }

    @Override protected Tensor computeIcdf(Tensor probability) {
        Tensor term = probability.sub(0.5);
        return loc.sub(scale.mul(term.sign()).mul(term.abs().mul(-2).log1p()));
    }

    @Override protected Tensor computeMean() { return loc; }

    @Override protected Tensor computeMode() { return loc; }

    @Override protected Tensor computeVariance() { return scale.pow(2).mul(2); }

    @Override protected Tensor computeStddev() { return scale.mul(Math.sqrt(2)); }
}
