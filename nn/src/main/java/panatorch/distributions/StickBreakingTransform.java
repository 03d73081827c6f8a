package panatorch.distributions;

import panatorch.Tensor;

/** The bijection from vectors [N] to probabilities [N + 1] by breaking pieces off a stick. */
public final class StickBreakingTransform extends Transform {
    private StickBreakingTransform() {}

    /** Returns this transform. */
    public static StickBreakingTransform of() { return new StickBreakingTransform(); }

    @Override public Constraint domain() { return Constraints.REAL_VECTOR; }

    @Override public Constraint codomain() { return Constraints.SIMPLEX; }

    @Override protected Tensor computeForward(Tensor x) {
        Tensor z = SigmoidTransform.clipped(x.sub(offset(x, x.size(-1)).log()));
        Tensor rest = z.rsub(1).cumprod(-1);
        return z.constantPadNd(new long[] {0, 1}, 1).mul(rest.constantPadNd(new long[] {1, 0}, 1));
    }

    @Override protected Tensor computeInverse(Tensor y) {
        Tensor first = y.narrow(-1, 0, y.size(-1) - 1);
        Tensor rest = first.cumsum(-1).rsub(1).clampMin(y.dtype().finfo().tiny());
        return first.log().sub(rest.log()).add(offset(y, y.size(-1) - 1).log());
    }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) {
        Tensor z = x.sub(offset(x, x.size(-1)).log());
        return z.neg().add(z.logSigmoid()).add(y.narrow(-1, 0, y.size(-1) - 1).log()).sum(-1);
    }

    @Override public long[] forwardShape(long... shape) { return last(shape, 1); }

    @Override public long[] inverseShape(long... shape) { return last(shape, -1); }

    private static long[] last(long[] shape, int more) {
        if (shape.length < 1) throw new IllegalArgumentException("StickBreakingTransform maps vectors, not numbers");
        long[] s = shape.clone();
        s[s.length - 1] += more;
        return s;
    }

    private static Tensor offset(Tensor like, long n) { return like.newOnes(n).cumsum(-1).rsub(n + 1); }

    @Override protected boolean isSameAs(Transform other) { return other instanceof StickBreakingTransform; }
}
