package panatorch.distributions;

import panatorch.Aten;
import panatorch.Tensor;

/** The gamma distribution with shape {@code concentration} and {@code rate}, the inverse of its scale. */
public sealed class Gamma extends Distribution permits Chi2 {
    private final Tensor concentration, rate;

    Gamma(Tensor concentration, Tensor rate) {
        var both = Shapes.broadcast(concentration, rate);
        super(both.get(0).shape());
        this.concentration = both.get(0);
        this.rate = both.get(1);
        require("concentration", this.concentration, Constraints.POSITIVE);
        require("rate", this.rate, Constraints.POSITIVE);
    }

    /** Returns gamma distributions; both parameters are above 0 and are broadcast. */
    public static Gamma of(Tensor concentration, Tensor rate) {
        return new Gamma(concentration, rate);
    }

    /** Returns one gamma distribution, in the default type. */
    public static Gamma of(double concentration, double rate) {
        return new Gamma(Shapes.number(concentration), Shapes.number(rate));
    }

    /** Returns the shape parameters. */
    public final Tensor concentration() { return concentration; }

    /** Returns the inverse scales. */
    public final Tensor rate() { return rate; }

    @Override public final Constraint support() { return Constraints.NONNEGATIVE; }

    @Override public Gamma expand(long... batchShape) {
        return derive(() -> new Gamma(concentration.expand(batchShape), rate.expand(batchShape)));
    }

    @Override public final boolean hasRsample() { return true; }

    @Override protected final Tensor drawRsample(long[] sampleShape) {
        long[] shape = extended(sampleShape);
        Tensor value = Aten._standardGamma(concentration.expand(shape)).div(rate.expand(shape));
        value.detach().clampMin_(value.dtype().finfo().tiny()); // past autograd, as Python does
        return value;
    }

    @Override protected final Tensor computeLogProb(Tensor value) {
        return concentration.xlogy(rate).add(concentration.sub(1).xlogy(value)).sub(rate.mul(value)).sub(concentration.lgamma());
    }

    @Override protected final Tensor computeEntropy() {
        return concentration.sub(rate.log()).add(concentration.lgamma()).add(concentration.rsub(1).mul(concentration.digamma()));
    }

    @Override protected final Tensor computeCdf(Tensor value) { return concentration.specialGammainc(rate.mul(value)); }

    @Override protected final Tensor computeMean() { return concentration.div(rate); }

    @Override protected final Tensor computeMode() { return concentration.sub(1).div(rate).clampMin(0); }

    @Override protected final Tensor computeVariance() { return concentration.div(rate.pow(2)); }
}
