package panatorch.distributions;

import java.util.List;
import panatorch.Tensor;

/** The Gumbel distribution of the largest of many values. */
public final class Gumbel extends TransformedDistribution {
    private final Tensor loc, scale;

    private Gumbel(Tensor loc, Tensor scale) {
        var all = Shapes.broadcast(loc, scale);
        Tensor locAll = all.get(0);
        Tensor scaleAll = all.get(1);
        super(uniform(locAll),
                List.of(ExpTransform.of().inv(), AffineTransform.of(locAll.detach().zerosLike(), scaleAll.detach().onesLike().neg()),
                        ExpTransform.of().inv(), AffineTransform.of(locAll, scaleAll.neg())));
        this.loc = locAll;
        this.scale = scaleAll;
        require("loc", this.loc, Constraints.REAL);
        require("scale", this.scale, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param loc modes
     * @param scale scales, above 0
     */
    public static Gumbel of(Tensor loc, Tensor scale) { return new Gumbel(loc, scale); }

    /** Returns one distribution, in the default type. */
    public static Gumbel of(double loc, double scale) {
        return of(Shapes.number(loc), Shapes.number(scale));
    }

    /** Returns the modes. */
    public Tensor loc() { return loc; }

    /** Returns the scales. */
    public Tensor scale() { return scale; }

    @Override public Constraint support() { return Constraints.REAL; }

    @Override public Gumbel expand(long... batchShape) {
        return derive(() -> new Gumbel(loc.expand(batchShape), scale.expand(batchShape)));
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        Tensor y = loc.sub(value).div(scale);
        return y.sub(y.exp()).sub(scale.log());
    }

    @Override protected Tensor computeEntropy() { return scale.log().add(1 + Shapes.EULER); }

    @Override protected Tensor computeMean() { return loc.add(scale.mul(Shapes.EULER)); }

    @Override protected Tensor computeMode() { return loc; }

    @Override protected Tensor computeStddev() { return scale.mul(Math.PI / Math.sqrt(6)); }

    @Override protected Tensor computeVariance() { return computeStddev().pow(2); }

    private static Uniform uniform(Tensor like) {
        var info = like.dtype().finfo();
        return Uniform.of(like.detach().fullLike(info.tiny()), like.detach().fullLike(1 - info.eps()));
    }
}
