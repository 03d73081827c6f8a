package panatorch.distributions;

import java.util.List;
import panatorch.Tensor;

/** The Kumaraswamy distribution of numbers from 0 to 1, similar to {@link Beta}. */
public final class Kumaraswamy extends TransformedDistribution {
    private final Tensor concentration1, concentration0;

    private Kumaraswamy(Tensor concentration1, Tensor concentration0) {
        var all = Shapes.broadcast(concentration1, concentration0);
        Tensor concentration1All = all.get(0);
        Tensor concentration0All = all.get(1);
        super(Uniform.of(concentration0All.detach().zerosLike(), concentration0All.detach().onesLike()),
                List.of(PowerTransform.of(concentration0All.reciprocal()),
                        AffineTransform.of(concentration0All.detach().onesLike(), concentration0All.detach().onesLike().neg()),
                        PowerTransform.of(concentration1All.reciprocal())));
        this.concentration1 = concentration1All;
        this.concentration0 = concentration0All;
        require("concentration1", this.concentration1, Constraints.POSITIVE);
        require("concentration0", this.concentration0, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param concentration1 first shape parameters, above 0
     * @param concentration0 second shape parameters, above 0
     */
    public static Kumaraswamy of(Tensor concentration1, Tensor concentration0) {
        return new Kumaraswamy(concentration1, concentration0);
    }

    /** Returns one distribution, in the default type. */
    public static Kumaraswamy of(double concentration1, double concentration0) {
        return of(Shapes.number(concentration1), Shapes.number(concentration0));
    }

    /** Returns the first shape parameters. */
    public Tensor concentration1() { return concentration1; }

    /** Returns the second shape parameters. */
    public Tensor concentration0() { return concentration0; }

    @Override public Constraint support() { return Constraints.UNIT_INTERVAL; }

    @Override public Kumaraswamy expand(long... batchShape) {
        return derive(() -> new Kumaraswamy(concentration1.expand(batchShape), concentration0.expand(batchShape)));
    }

    @Override protected Tensor computeEntropy() {
        Tensor t1 = concentration1.reciprocal().rsub(1), t0 = concentration0.reciprocal().rsub(1);
        return t0.add(t1.mul(concentration0.add(1).digamma().add(Shapes.EULER))).sub(concentration1.log()).sub(concentration0.log());
    }

    @Override protected Tensor computeMean() { return moment(1); }

    /** Returns the modes, NaN where a parameter is below 1. */
    @Override protected Tensor computeMode() {
        Tensor log = concentration0.reciprocal().mul(concentration0.neg().log1p()).sub(concentration0.neg().mul(concentration1).log1p());
        return log.maskedFill(concentration0.lt(1).logicalOr(concentration1.lt(1)), Double.NaN).exp();
    }

    @Override protected Tensor computeVariance() { return moment(2).sub(computeMean().pow(2)); }

    private Tensor moment(int n) {
        Tensor arg = concentration1.reciprocal().mul(n).add(1);
        return concentration0.mul(arg.lgamma().add(concentration0.lgamma()).sub(arg.add(concentration0).lgamma()).exp());
    }
}
