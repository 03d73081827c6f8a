package panatorch.distributions;

import panatorch.Tensor;

/** The map from matrices to lower triangular ones with a positive diagonal, by exp of the diagonal. */
public final class LowerCholeskyTransform extends Transform {
    private LowerCholeskyTransform() {}

    /** Returns this transform. */
    public static LowerCholeskyTransform of() { return new LowerCholeskyTransform(); }

    @Override public Constraint domain() { return Constraints.independent(Constraints.REAL, 2); }

    @Override public Constraint codomain() { return Constraints.LOWER_CHOLESKY; }

    @Override public boolean isBijective() { return false; }

    @Override protected Tensor computeForward(Tensor x) { return x.tril(-1).add(x.diagonal(0, -2, -1).exp().diagEmbed()); }

    @Override protected Tensor computeInverse(Tensor y) { return y.tril(-1).add(y.diagonal(0, -2, -1).log().diagEmbed()); }

    @Override protected boolean isSameAs(Transform other) { return other instanceof LowerCholeskyTransform; }
}
