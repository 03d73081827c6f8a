package panatorch.distributions;

import panatorch.Tensor;

/** The map y = |x|. Its inverse returns y. */
public final class AbsTransform extends Transform {
    private AbsTransform() {}

    /** Returns this transform. */
    public static AbsTransform of() { return new AbsTransform(); }

    @Override public Constraint domain() { return Constraints.REAL; }

    @Override public Constraint codomain() { return Constraints.POSITIVE; }

    @Override public boolean isBijective() { return false; }

    @Override protected Tensor computeForward(Tensor x) { return x.abs(); }

    @Override protected Tensor computeInverse(Tensor y) { return y; }

    @Override protected boolean isSameAs(Transform other) { return other instanceof AbsTransform; }
}
