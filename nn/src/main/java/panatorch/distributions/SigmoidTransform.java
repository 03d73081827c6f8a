package panatorch.distributions;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** The map y = 1 / (1 + exp(−x)), kept away from 0 and 1 by rounding errors of the type. */
public final class SigmoidTransform extends Transform {
    private SigmoidTransform() {}

    /** Returns this transform. */
    public static SigmoidTransform of() { return new SigmoidTransform(); }

    @Override public Constraint domain() { return Constraints.REAL; }

    @Override public Constraint codomain() { return Constraints.UNIT_INTERVAL; }

    @Override protected Tensor computeForward(Tensor x) { return clipped(x); }

    @Override protected Tensor computeInverse(Tensor y) {
        var info = y.dtype().finfo();
        Tensor p = y.clamp(info.tiny(), 1 - info.eps());
        return p.log().sub(p.neg().log1p());
    }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) { return x.neg().softplus().neg().sub(x.softplus()); }

    @Override protected @Nullable Tensor sign() { return null; }

    static Tensor clipped(Tensor x) {
        var info = x.dtype().finfo();
        return x.sigmoid().clamp(info.tiny(), 1 - info.eps());
    }

    @Override protected boolean isSameAs(Transform other) { return other instanceof SigmoidTransform; }
}
