package panatorch.distributions;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/** A transform of numbers as one of blocks of them: the logarithms of its determinants are summed over a block. */
public final class IndependentTransform extends Transform {
    private final Transform base;
    private final int dims;

    private IndependentTransform(Transform base, int dims) {
        this.base = base;
        this.dims = dims;
    }

    /**
     * Returns {@code base} as a transform of blocks.
     *
     * @param reinterpretedBatchNdims number of dimensions that a block has more than a value of {@code base}
     */
    public static IndependentTransform of(Transform base, int reinterpretedBatchNdims) {
        return new IndependentTransform(base, reinterpretedBatchNdims);
    }

    @Override public Constraint domain() { return Constraints.independent(base.domain(), dims); }

    @Override public Constraint codomain() { return Constraints.independent(base.codomain(), dims); }

    @Override public boolean isBijective() { return base.isBijective(); }

    @Override public long[] forwardShape(long... shape) { return base.forwardShape(shape); }

    @Override public long[] inverseShape(long... shape) { return base.inverseShape(shape); }

    @Override protected Tensor computeForward(Tensor x) { return base.computeForward(x); }

    @Override protected Tensor computeInverse(Tensor y) { return base.computeInverse(y); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) { return Shapes.sumRightmost(base.computeLogDet(x, y), dims); }

    @Override protected @Nullable Tensor sign() { return base.sign(); }
}
