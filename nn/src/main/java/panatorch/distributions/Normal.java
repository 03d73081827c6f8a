package panatorch.distributions;

import panatorch.Aten;
import panatorch.Tensor;

/** The normal (Gaussian) distribution with mean {@code loc} and standard deviation {@code scale}. */
public final class Normal extends Distribution {
    private final Tensor loc, scale;

    private Normal(Tensor loc, Tensor scale) {
        var both = Shapes.broadcast(loc, scale);
        super(both.get(0).shape());
        this.loc = both.get(0);
        this.scale = both.get(1);
        require("loc", this.loc, Constraints.REAL);
        require("scale", this.scale, Constraints.POSITIVE);
    }

    /** Returns normal distributions with means {@code loc} and standard deviations {@code scale}, which are broadcast. */
    public static Normal of(Tensor loc, Tensor scale) {
        return new Normal(loc, scale);
    }

    /** Returns normal distributions with means {@code loc} and one standard deviation. */
    public static Normal of(Tensor loc, double scale) {
        return new Normal(loc, loc.detach().fullLike(scale));
    }

    /** Returns one normal distribution, in the default type. */
    public static Normal of(double loc, double scale) {
        return new Normal(Shapes.number(loc), Shapes.number(scale));
    }

    /** Returns the means. */
    public Tensor loc() { return loc; }

    /** Returns the standard deviations. */
    public Tensor scale() { return scale; }

    @Override public Constraint support() { return Constraints.REAL; }

    @Override public Normal expand(long... batchShape) {
        return derive(() -> new Normal(loc.expand(batchShape), scale.expand(batchShape)));
    }

    @Override public boolean hasRsample() { return true; }

    @Override protected Tensor drawSample(long[] sampleShape) {
        long[] shape = extended(sampleShape);
        return Aten.normal(loc.expand(shape), scale.expand(shape));
    }

    @Override protected Tensor drawRsample(long[] sampleShape) {
        return loc.add(Shapes.standardNormal(extended(sampleShape), loc).mul(scale));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        return value.sub(loc).pow(2).neg().div(scale.pow(2).mul(2)).sub(scale.log()).sub(Math.log(Math.sqrt(2 * Math.PI)));
    }

    @Override protected Tensor computeEntropy() { return scale.log().add(0.5 + 0.5 * Math.log(2 * Math.PI)); }

    @Override protected Tensor computeCdf(Tensor value) {
        return value.sub(loc).mul(scale.reciprocal()).div(Math.sqrt(2)).erf().add(1).mul(0.5);
    }

    @Override protected Tensor computeIcdf(Tensor probability) {
        return loc.add(scale.mul(probability.mul(2).sub(1).erfinv()).mul(Math.sqrt(2)));
    }

    @Override protected Tensor computeMean() { return loc; }

    @Override protected Tensor computeMode() { return loc; }

    @Override protected Tensor computeVariance() { return scale.pow(2); }

    @Override protected Tensor computeStddev() { return scale; }
}
