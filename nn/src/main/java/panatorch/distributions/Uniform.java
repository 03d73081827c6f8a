package panatorch.distributions;

import panatorch.Tensor;

/** The continuous uniform distribution of numbers from {@code low} to below {@code high}. */
public final class Uniform extends Distribution {
    private final Tensor low, high;

    private Uniform(Tensor low, Tensor high) {
        var both = Shapes.broadcast(low, high);
        super(both.get(0).shape());
        this.low = both.get(0);
        this.high = both.get(1);
        require("low", this.low, Constraints.lessThan(this.high));
    }

    /** Returns uniform distributions from {@code low} to {@code high}, which are broadcast. */
    public static Uniform of(Tensor low, Tensor high) {
        return new Uniform(low, high);
    }

    /** Returns one uniform distribution, in the default type. */
    public static Uniform of(double low, double high) {
        return new Uniform(Shapes.number(low), Shapes.number(high));
    }

    /** Returns the lower bounds. */
    public Tensor low() { return low; }

    /** Returns the upper bounds. */
    public Tensor high() { return high; }

    @Override public Constraint support() { return Constraints.interval(low, high); }

    @Override public Uniform expand(long... batchShape) {
        return derive(() -> new Uniform(low.expand(batchShape), high.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        return low.add(Shapes.rand(extended(sampleShape), low).mul(high.sub(low)));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor inside = low.le(value).typeAs(low).mul(high.gt(value).typeAs(low));
        return inside.log().sub(high.sub(low).log());
    }

    @Override protected Tensor computeEntropy() { return high.sub(low).log(); }

    @Override protected Tensor computeCdf(Tensor value) { return value.sub(low).div(high.sub(low)).clamp(0, 1); }

    @Override protected Tensor computeIcdf(Tensor probability) { return probability.mul(high.sub(low)).add(low); }

    @Override protected Tensor computeMean() { return high.add(low).div(2); }

    /** Returns NaN: all values are equally probable. */
    @Override protected Tensor computeMode() { return high.mul(Double.NaN); }

    @Override protected Tensor computeVariance() { return high.sub(low).pow(2).div(12); }

    @Override protected Tensor computeStddev() { return high.sub(low).div(Math.sqrt(12)); }
}
