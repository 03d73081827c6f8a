package panatorch.distributions;

import panatorch.Linalg;
import panatorch.Tensor;

/** The map from matrices to positive definite ones, by {@link LowerCholeskyTransform} L and LLᵀ. */
public final class PositiveDefiniteTransform extends Transform {
    private PositiveDefiniteTransform() {}

    /** Returns this transform. */
    public static PositiveDefiniteTransform of() { return new PositiveDefiniteTransform(); }

    @Override public Constraint domain() { return Constraints.independent(Constraints.REAL, 2); }

    @Override public Constraint codomain() { return Constraints.POSITIVE_DEFINITE; }

    @Override public boolean isBijective() { return false; }

    @Override protected Tensor computeForward(Tensor x) {
        Tensor factor = LowerCholeskyTransform.of().computeForward(x);
        return factor.matmul(factor.mT());
    }

    @Override protected Tensor computeInverse(Tensor y) { return LowerCholeskyTransform.of().computeInverse(Linalg.cholesky(y)); }

    @Override protected boolean isSameAs(Transform other) { return other instanceof PositiveDefiniteTransform; }
}
