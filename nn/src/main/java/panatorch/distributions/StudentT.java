package panatorch.distributions;

import panatorch.Tensor;

/** Student's t-distribution with {@code df} degrees of freedom, moved by {@code loc} and stretched by {@code scale}. */
public final class StudentT extends Distribution {
    private final Tensor df, loc, scale;

    private StudentT(Tensor df, Tensor loc, Tensor scale) {
        var all = Shapes.broadcast(df, loc, scale);
        Tensor dfAll = all.get(0);
        Tensor locAll = all.get(1);
        Tensor scaleAll = all.get(2);
        super(dfAll.shape());
        this.df = dfAll;
        this.loc = locAll;
        this.scale = scaleAll;
        require("df", this.df, Constraints.POSITIVE);
        require("loc", this.loc, Constraints.REAL);
        require("scale", this.scale, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param df degrees of freedom, above 0
     * @param loc means
     * @param scale scales, above 0
     */
    public static StudentT of(Tensor df, Tensor loc, Tensor scale) { return new StudentT(df, loc, scale); }

    /** Returns one distribution, in the default type. */
    public static StudentT of(double df, double loc, double scale) {
        return of(Shapes.number(df), Shapes.number(loc), Shapes.number(scale));
    }

    /** Returns the degrees of freedom. */
    public Tensor df() { return df; }

    /** Returns the means. */
    public Tensor loc() { return loc; }

    /** Returns the scales. */
    public Tensor scale() { return scale; }

    @Override public Constraint support() { return Constraints.REAL; }

    @Override public StudentT expand(long... batchShape) {
        return derive(() -> new StudentT(df.expand(batchShape), loc.expand(batchShape), scale.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        Tensor x = Shapes.standardNormal(extended(sampleShape), df), z = derive(() -> Chi2.of(df)).drawRsample(sampleShape);
        return loc.add(scale.mul(x.mul(z.div(df).rsqrt())));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor norm = scale.log().add(df.log().mul(0.5)).add(0.5 * Math.log(Math.PI)).add(df.mul(0.5).lgamma())
                .sub(df.add(1).mul(0.5).lgamma());
        return df.add(1).mul(-0.5).mul(value.sub(loc).div(scale).pow(2).div(df).log1p()).sub(norm);
    }

    @Override protected Tensor computeEntropy() {
        Tensor half = df.mul(0.5), next = df.add(1).mul(0.5);
        Tensor logBeta = half.lgamma().add(0.5 * Math.log(Math.PI)).sub(next.lgamma());
        return scale.log().add(next.mul(next.digamma().sub(half.digamma()))).add(df.log().mul(0.5)).add(logBeta);
    }

    /** Returns the means, NaN for up to one degree of freedom. */
    @Override protected Tensor computeMean() {
        return loc.maskedFill(df.le(1), Double.NaN);
    }

    @Override protected Tensor computeMode() { return loc; }

    /** Returns the variances: infinite for up to two degrees of freedom, NaN for up to one. */
    @Override protected Tensor computeVariance() {
        Tensor finite = scale.pow(2).mul(df).div(df.sub(2));
        return finite.maskedFill(df.le(2), Double.POSITIVE_INFINITY).maskedFill(df.le(1), Double.NaN);
    }
}
