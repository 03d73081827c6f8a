package panatorch.distributions;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * A differentiable map y = f(x) of values, with its inverse and the logarithm of its Jacobian determinant, for
 * {@link TransformedDistribution}.
 *
 * <p>
 * A transform borrows its parameters and is valid while they are. It keeps no results, unlike one of Python's with a cache;
 * {@link Distribution#rsampleWithLogProb} is for what the cache is for. Results belong to the scope of the call.
 */
public abstract class Transform {
    /** Creates a transform. */
    protected Transform() {}

    /** Returns the set of valid inputs. */
    public abstract Constraint domain();

    /** Returns the set of valid outputs. */
    public abstract Constraint codomain();

    /** Returns whether every output has one input. */
    public boolean isBijective() { return true; }

    /** Returns y = f(x). */
    public final Tensor call(Tensor x) {
        return Distribution.within(() -> computeForward(x));
    }

    /** Returns x = f⁻¹(y), or one of them if there are several. */
    public final Tensor inverse(Tensor y) {
        return Distribution.within(() -> computeInverse(y));
    }

    /**
     * Returns log |det dy/dx|.
     *
     * @param x inputs
     * @param y their outputs
     * @return the shape of {@code x} without the dimensions of its domain's events
     */
    public final Tensor logAbsDetJacobian(Tensor x, Tensor y) {
        return Distribution.within(() -> computeLogDet(x, y));
    }

    /** Returns the inverse transform. */
    public Transform inv() { return new InverseTransform(this); }

    /** Returns the shape of outputs for inputs of a shape. */
    public long[] forwardShape(long... shape) { return shape; }

    /** Returns the shape of inputs for outputs of a shape. */
    public long[] inverseShape(long... shape) { return shape; }

    /** Computes {@link #call}. */
    protected abstract Tensor computeForward(Tensor x);

    /** Computes {@link #inverse}. */
    protected abstract Tensor computeInverse(Tensor y);

    /** Computes {@link #logAbsDetJacobian}. */
    protected Tensor computeLogDet(Tensor x, Tensor y) { throw missing("log |det J|"); }

    /** Returns the sign of the derivative of a monotonic map of numbers, or null if it is +1 everywhere. */
    protected @Nullable Tensor sign() {
        throw missing("one sign, as it is not monotonic");
    }

    /** Returns whether {@code other} is the same map. */
    protected boolean isSameAs(Transform other) { return this == other; }

    final UnsupportedOperationException missing(String what) { return new UnsupportedOperationException(this + " has no " + what); }

    @Override public String toString() { return getClass().getSimpleName(); }
}
