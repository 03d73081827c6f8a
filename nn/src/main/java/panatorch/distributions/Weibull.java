package panatorch.distributions;

import java.util.List;
import panatorch.Tensor;

/** The Weibull distribution of {@code scale} · x^(1/{@code concentration}) for an exponential distribution. */
public final class Weibull extends TransformedDistribution {
    private final Tensor scale, concentration;

    private Weibull(Tensor scale, Tensor concentration) {
        var all = Shapes.broadcast(scale, concentration);
        Tensor scaleAll = all.get(0);
        Tensor concentrationAll = all.get(1);
        super(Exponential.of(scaleAll.detach().onesLike()),
                List.of(PowerTransform.of(concentrationAll.reciprocal()), AffineTransform.of(scaleAll.detach().zerosLike(), scaleAll)));
        this.scale = scaleAll;
        this.concentration = concentrationAll;
        require("scale", this.scale, Constraints.POSITIVE);
        require("concentration", this.concentration, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param scale scales, above 0
     * @param concentration shape parameters, above 0
     */
    public static Weibull of(Tensor scale, Tensor concentration) { return new Weibull(scale, concentration); }

    /** Returns one distribution, in the default type. */
    public static Weibull of(double scale, double concentration) {
        return of(Shapes.number(scale), Shapes.number(concentration));
    }

    /** Returns the scales. */
    public Tensor scale() { return scale; }

    /** Returns the shape parameters. */
    public Tensor concentration() { return concentration; }

    @Override public Constraint support() { return Constraints.POSITIVE; }

    @Override public Weibull expand(long... batchShape) {
        return derive(() -> new Weibull(scale.expand(batchShape), concentration.expand(batchShape)));
    }

    @Override protected Tensor computeEntropy() {
        return concentration.reciprocal().rsub(1).mul(Shapes.EULER).add(scale.mul(concentration.reciprocal()).log()).add(1);
    }

    @Override protected Tensor computeMean() { return scale.mul(concentration.reciprocal().add(1).lgamma().exp()); }

    @Override protected Tensor computeMode() { return scale.mul(concentration.sub(1).div(concentration).pow(concentration.reciprocal())); }

    @Override protected Tensor computeVariance() {
        Tensor inverse = concentration.reciprocal();
        return scale.pow(2).mul(inverse.mul(2).add(1).lgamma().exp().sub(inverse.add(1).lgamma().mul(2).exp()));
    }
}
