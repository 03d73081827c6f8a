package panatorch.distributions;

import java.util.List;
import panatorch.Aten;
import panatorch.Tensor;

/** The distribution of 1/x for a {@link Gamma} distribution. */
public final class InverseGamma extends TransformedDistribution {
    private final Tensor concentration, rate;

    private InverseGamma(Tensor concentration, Tensor rate) {
        var all = Shapes.broadcast(concentration, rate);
        Tensor concentrationAll = all.get(0);
        Tensor rateAll = all.get(1);
        super(Gamma.of(concentrationAll, rateAll), List.of(PowerTransform.of(rateAll.detach().newOnes(new long[0]).neg())));
        this.concentration = concentrationAll;
        this.rate = rateAll;
        require("concentration", this.concentration, Constraints.POSITIVE);
        require("rate", this.rate, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param concentration shape parameters, above 0
     * @param rate scales, above 0
     */
    public static InverseGamma of(Tensor concentration, Tensor rate) { return new InverseGamma(concentration, rate); }

    /** Returns one distribution, in the default type. */
    public static InverseGamma of(double concentration, double rate) {
        return of(Shapes.number(concentration), Shapes.number(rate));
    }

    /** Returns the shape parameters. */
    public Tensor concentration() { return concentration; }

    /** Returns the scales. */
    public Tensor rate() { return rate; }

    @Override public Constraint support() { return Constraints.POSITIVE; }

    @Override public InverseGamma expand(long... batchShape) {
        return derive(() -> new InverseGamma(concentration.expand(batchShape), rate.expand(batchShape)));
    }

    @Override protected Tensor computeEntropy() {
        return concentration.add(rate.log()).add(concentration.lgamma()).sub(concentration.add(1).mul(concentration.digamma()));
    }

    /** Returns the means, infinite for concentrations up to 1. */
    @Override protected Tensor computeMean() {
        return Aten.where(concentration.gt(1), rate.div(concentration.sub(1)), Double.POSITIVE_INFINITY);
    }

    @Override protected Tensor computeMode() { return rate.div(concentration.add(1)); }

    /** Returns the variances, infinite for concentrations up to 2. */
    @Override protected Tensor computeVariance() {
        return Aten.where(concentration.gt(2), rate.square().div(concentration.sub(1).square().mul(concentration.sub(2))),
                Double.POSITIVE_INFINITY);
    }
}
