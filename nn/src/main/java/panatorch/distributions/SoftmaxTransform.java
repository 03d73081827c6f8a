package panatorch.distributions;

import panatorch.Tensor;

/** The map from log-probabilities to probabilities, y = exp(x) normalised. Its inverse returns log y. */
public final class SoftmaxTransform extends Transform {
    private SoftmaxTransform() {}

    /** Returns this transform. */
    public static SoftmaxTransform of() { return new SoftmaxTransform(); }

    @Override public Constraint domain() { return Constraints.REAL_VECTOR; }

    @Override public Constraint codomain() { return Constraints.SIMPLEX; }

    @Override public boolean isBijective() { return false; }

    @Override protected Tensor computeForward(Tensor x) {
        Tensor p = x.sub(x.max(-1, true).values()).exp();
        return p.div(p.sum(-1, true));
    }

    @Override protected Tensor computeInverse(Tensor y) { return y.log(); }

    @Override protected boolean isSameAs(Transform other) { return other instanceof SoftmaxTransform; }
}
