package panatorch.distributions;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** The map y = log(1 + exp(x)). */
public final class SoftplusTransform extends Transform {
    private SoftplusTransform() {}

    /** Returns this transform. */
    public static SoftplusTransform of() { return new SoftplusTransform(); }

    @Override public Constraint domain() { return Constraints.REAL; }

    @Override public Constraint codomain() { return Constraints.POSITIVE; }

    @Override protected Tensor computeForward(Tensor x) { return x.softplus(); }

    @Override protected Tensor computeInverse(Tensor y) { return y.neg().expm1().neg().log().add(y); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) { return x.neg().softplus().neg(); }

    @Override protected @Nullable Tensor sign() { return null; }

    @Override protected boolean isSameAs(Transform other) { return other instanceof SoftplusTransform; }
}
