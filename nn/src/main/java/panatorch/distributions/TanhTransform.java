package panatorch.distributions;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** The map y = tanh(x). */
public final class TanhTransform extends Transform {
    private TanhTransform() {}

    /** Returns this transform. */
    public static TanhTransform of() { return new TanhTransform(); }

    @Override public Constraint domain() { return Constraints.REAL; }

    @Override public Constraint codomain() { return Constraints.interval(-1, 1); }

    @Override protected Tensor computeForward(Tensor x) { return x.tanh(); }

    @Override protected Tensor computeInverse(Tensor y) { return y.atanh(); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) { return x.rsub(Math.log(2)).sub(x.mul(-2).softplus()).mul(2); }

    @Override protected @Nullable Tensor sign() { return null; }

    @Override protected boolean isSameAs(Transform other) { return other instanceof TanhTransform; }
}
