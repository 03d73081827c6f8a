package panatorch.distributions;

import java.util.List;
import panatorch.Tensor;

/** The distribution of exp(x) for a {@link Normal} distribution. */
public final class LogNormal extends TransformedDistribution {
    private final Tensor loc, scale;

    private LogNormal(Tensor loc, Tensor scale) {
        var all = Shapes.broadcast(loc, scale);
        Tensor locAll = all.get(0);
        Tensor scaleAll = all.get(1);
        super(Normal.of(locAll, scaleAll), List.of(ExpTransform.of()));
        this.loc = locAll;
        this.scale = scaleAll;
        require("loc", this.loc, Constraints.REAL);
        require("scale", this.scale, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param loc means of the logarithms
     * @param scale standard deviations of the logarithms, above 0
     */
    public static LogNormal of(Tensor loc, Tensor scale) { return new LogNormal(loc, scale); }

    /** Returns one distribution, in the default type. */
    public static LogNormal of(double loc, double scale) {
        return of(Shapes.number(loc), Shapes.number(scale));
    }

    /** Returns the means of the logarithms. */
    public Tensor loc() { return loc; }

    /** Returns the standard deviations of the logarithms. */
    public Tensor scale() { return scale; }

    @Override public Constraint support() { return Constraints.POSITIVE; }

    @Override public LogNormal expand(long... batchShape) {
        return derive(() -> new LogNormal(loc.expand(batchShape), scale.expand(batchShape)));
    }

    @Override protected Tensor computeEntropy() { return base().computeEntropy().add(loc); }

    @Override protected Tensor computeMean() { return loc.add(scale.pow(2).div(2)).exp(); }

    @Override protected Tensor computeMode() { return loc.sub(scale.square()).exp(); }

    @Override protected Tensor computeVariance() { return scale.pow(2).expm1().mul(loc.mul(2).add(scale.pow(2)).exp()); }
}
