package panatorch.distributions;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** The inverse of a transform. */
final class InverseTransform extends Transform {
    private final Transform of;

    InverseTransform(Transform of) { this.of = of; }

    @Override public Constraint domain() { return of.codomain(); }

    @Override public Constraint codomain() { return of.domain(); }

    @Override public boolean isBijective() { return of.isBijective(); }

    @Override public Transform inv() { return of; }

    @Override public long[] forwardShape(long... shape) { return of.inverseShape(shape); }

    @Override public long[] inverseShape(long... shape) { return of.forwardShape(shape); }

    @Override protected Tensor computeForward(Tensor x) { return of.computeInverse(x); }

    @Override protected Tensor computeInverse(Tensor y) { return of.computeForward(y); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) { return of.computeLogDet(y, x).neg(); }

    @Override protected @Nullable Tensor sign() { return of.sign(); }

    @Override protected boolean isSameAs(Transform other) { return other instanceof InverseTransform i && of.isSameAs(i.of); }

    @Override public String toString() { return "inverse of " + of; }
}
