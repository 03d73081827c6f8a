package panatorch.distributions;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** The map y = exp(x). */
public final class ExpTransform extends Transform {
    private ExpTransform() {}

    /** Returns this transform. */
    public static ExpTransform of() { return new ExpTransform(); }

    @Override public Constraint domain() { return Constraints.REAL; }

    @Override public Constraint codomain() { return Constraints.POSITIVE; }

    @Override protected Tensor computeForward(Tensor x) { return x.exp(); }

    @Override protected Tensor computeInverse(Tensor y) { return y.log(); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) { return x; }

    @Override protected @Nullable Tensor sign() { return null; }

    @Override protected boolean isSameAs(Transform other) { return other instanceof ExpTransform; }
}
