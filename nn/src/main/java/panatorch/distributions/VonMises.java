package panatorch.distributions;

import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;

/** The von Mises distribution of angles from −π to π: the normal distribution on a circle. */
public final class VonMises extends Distribution {
    private final Tensor loc, concentration;

    private VonMises(Tensor loc, Tensor concentration) {
        var all = Shapes.broadcast(loc, concentration);
        Tensor locAll = all.get(0);
        Tensor concentrationAll = all.get(1);
        super(locAll.shape());
        this.loc = locAll;
        this.concentration = concentrationAll;
        require("loc", this.loc, Constraints.REAL);
        require("concentration", this.concentration, Constraints.POSITIVE);
    }

    /**
     * Returns distributions with these parameters, which are broadcast.
     *
     * @param loc mean angles
     * @param concentration concentrations, above 0
     */
    public static VonMises of(Tensor loc, Tensor concentration) { return new VonMises(loc, concentration); }

    /** Returns one distribution, in the default type. */
    public static VonMises of(double loc, double concentration) {
        return of(Shapes.number(loc), Shapes.number(concentration));
    }

    /** Returns the mean angles. */
    public Tensor loc() { return loc; }

    /** Returns the concentrations. */
    public Tensor concentration() { return concentration; }

    @Override public Constraint support() { return Constraints.REAL; }

    @Override public VonMises expand(long... batchShape) {
        return derive(() -> new VonMises(loc.expand(batchShape), concentration.expand(batchShape)));
    }

    @Override protected Tensor drawSample(long[] sampleShape) {
        Tensor kappa = concentration.to(DType.FLOAT64), tau = kappa.pow(2).mul(4).add(1).sqrt().add(1);
        Tensor rho = tau.sub(tau.mul(2).sqrt()).div(kappa.mul(2));
        Tensor r = Aten.where(kappa.lt(1e-5), kappa.reciprocal().add(kappa), rho.pow(2).add(1).div(rho.mul(2)));
        long[] shape = extended(sampleShape);
        Tensor x = rejected(kappa, r, shape), center = loc.to(DType.FLOAT64);
        return x.add(Math.PI).add(center).remainder(2 * Math.PI).sub(Math.PI).to(loc.dtype());
    }

    @Override protected Tensor computeLogProb(Tensor value) {
        return concentration.mul(value.sub(loc).cos()).sub(Math.log(2 * Math.PI)).sub(logBessel(0));
    }

    @Override protected Tensor computeMean() { return loc; }

    @Override protected Tensor computeMode() { return loc; }

    /** Returns the circular variances. */
    @Override protected Tensor computeVariance() {
        return logBessel(1).sub(logBessel(0)).exp().rsub(1);
    }

    /** Coefficients of Abramowitz and Stegun, 9.8.1 to 9.8.4, for the modified Bessel functions I₀ and I₁ of arguments up to 3.75. */
    private static final double[][] SMALL = {{1, 3.5156229, 3.0899424, 1.2067492, 0.2659732, 0.0360768, 0.0045813},
        {0.5, 0.87890594, 0.51498869, 0.15084934, 0.02658733, 0.00301532, 0.00032411}};
    private static final double[][] LARGE =
            {{0.39894228, 0.01328592, 0.00225319, -0.00157565, 0.00916281, -0.02057706, 0.02635537, -0.01647633, 0.00392377},
                {0.39894228, -0.03988024, -0.00362018, 0.00163801, -0.01031555, 0.02282967, -0.02895312, 0.01787654, -0.00420059}};

    private static Tensor polynomial(Tensor x, double[] coefficients) {
        Tensor y = x.mul(coefficients[coefficients.length - 1]).add(coefficients[coefficients.length - 2]);
        for (int i = coefficients.length - 3; i >= 0; i--) y = x.mul(y).add(coefficients[i]);
        return y;
    }

    private Tensor logBessel(int order) {
        Tensor x = concentration, small = polynomial(x.div(3.75).square(), SMALL[order]);
        if (order == 1) small = x.abs().mul(small);
        Tensor large = x.sub(x.log().mul(0.5)).add(polynomial(x.reciprocal().mul(3.75), LARGE[order]).log());
        return Aten.where(x.lt(3.75), small.log(), large);
    }

    /** Best and Fisher's rejection sampling: draws until every element is accepted. */
    private static Tensor rejected(Tensor kappa, Tensor r, long[] shape) {
        Tensor x = Aten.empty(shape, DType.FLOAT64, null, kappa.device()), done = x.zerosLike(DType.BOOL);
        while (!done.all().itemBoolean()) {
            List<Tensor> u = Shapes.rand(Shapes.concat(new long[] {3}, shape), kappa).unbind();
            Tensor z = u.get(0).mul(Math.PI).cos(), f = r.mul(z).add(1).div(r.add(z)), c = kappa.mul(r.sub(f));
            Tensor accept = c.mul(c.rsub(2)).sub(u.get(1)).gt(0).logicalOr(c.div(u.get(1)).log().add(1).sub(c).ge(0));
            x = Aten.where(accept, u.get(2).sub(0.5).sign().mul(f.acos()), x);
            done = done.logicalOr(accept);
        }
        return x;
    }
}
