package panatorch.distributions;

import panatorch.Tensor;

/** The F-distribution with {@code df1} and {@code df2} degrees of freedom. */
public final class FisherSnedecor extends Distribution {
    private final Tensor df1, df2;

    private FisherSnedecor(Tensor df1, Tensor df2) {
        var all = Shapes.broadcast(df1, df2);
        Tensor df1All = all.get(0);
        Tensor df2All = all.get(1);
        super(df1All.shape());
        this.df1 = df1All;
        this.df2 = df2All;
        require("df1", this.df1, Constraints.POSITIVE);
        require("df2", this.df2, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param df1 degrees of freedom of the numerator, above 0
     * @param df2 degrees of freedom of the denominator, above 0
     */
    public static FisherSnedecor of(Tensor df1, Tensor df2) { return new FisherSnedecor(df1, df2); }

    /** Returns one distribution, in the default type. */
    public static FisherSnedecor of(double df1, double df2) {
        return of(Shapes.number(df1), Shapes.number(df2));
    }

    /** Returns the degrees of freedom of the numerator. */
    public Tensor df1() { return df1; }

    /** Returns the degrees of freedom of the denominator. */
    public Tensor df2() { return df2; }

    @Override public Constraint support() { return Constraints.POSITIVE; }

    @Override public FisherSnedecor expand(long... batchShape) {
        return derive(() -> new FisherSnedecor(df1.expand(batchShape), df2.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        Tensor x1 = derive(() -> Gamma.of(df1.mul(0.5), df1)).drawRsample(sampleShape);
        Tensor x2 = derive(() -> Gamma.of(df2.mul(0.5), df2)).drawRsample(sampleShape);
        double tiny = x2.dtype().finfo().tiny();
        return x1.div(x2.clampMin(tiny)).clampMin(tiny);
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor half1 = df1.mul(0.5), half2 = df2.mul(0.5), ratio = df1.div(df2), sum = half1.add(half2);
        Tensor norm = sum.lgamma().sub(half1.lgamma()).sub(half2.lgamma());
        return norm.add(half1.mul(ratio.log()).add(half1.sub(1).mul(value.log()))).sub(sum.mul(ratio.mul(value).log1p()));
    }

    /** Returns the means, NaN for up to two degrees of freedom of the denominator. */
    @Override protected Tensor computeMean() {
        return df2.div(df2.sub(2)).maskedFill(df2.le(2), Double.NaN);
    }

    /** Returns the modes, NaN for up to two degrees of freedom of the numerator. */
    @Override protected Tensor computeMode() {
        return df1.sub(2).div(df1).mul(df2).div(df2.add(2)).maskedFill(df1.le(2), Double.NaN);
    }

    /** Returns the variances, NaN for up to four degrees of freedom of the denominator. */
    @Override protected Tensor computeVariance() {
        return df2.pow(2).mul(2).mul(df1.add(df2).sub(2)).div(df1.mul(df2.sub(2).pow(2)).mul(df2.sub(4))).maskedFill(df2.le(4), Double.NaN);
    }
}
