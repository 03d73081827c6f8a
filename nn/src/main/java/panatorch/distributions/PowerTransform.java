package panatorch.distributions;

import panatorch.Tensor;

/** The map y = x^exponent of numbers above 0. */
public final class PowerTransform extends Transform {
    private final Tensor exponent;

    private PowerTransform(Tensor exponent) { this.exponent = exponent; }

    /** Returns the map with these exponents, which are broadcast with values. */
    public static PowerTransform of(Tensor exponent) {
        return new PowerTransform(exponent);
    }

    @Override public Constraint domain() { return Constraints.POSITIVE; }

    @Override public Constraint codomain() { return Constraints.POSITIVE; }

    @Override public long[] forwardShape(long... shape) { return Shapes.broadcast(shape, exponent.shape()); }

    @Override public long[] inverseShape(long... shape) { return forwardShape(shape); }

    @Override protected Tensor computeForward(Tensor x) { return x.pow(exponent); }

    @Override protected Tensor computeInverse(Tensor y) { return y.pow(exponent.reciprocal()); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) { return exponent.mul(y).div(x).abs().log(); }

    @Override protected Tensor sign() { return exponent.sign(); }

    @Override protected boolean isSameAs(Transform other) {
        return other instanceof PowerTransform p && exponent.eq(p.exponent).all().itemBoolean();
    }
}
