package panatorch.distributions;

import java.util.Arrays;
import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/** The bijection from vectors [N · (N − 1) / 2] to Cholesky factors [N, N] of correlation matrices, row by row. */
public final class CorrCholeskyTransform extends Transform {
    private CorrCholeskyTransform() {}

    /** Returns this transform. */
    public static CorrCholeskyTransform of() { return new CorrCholeskyTransform(); }

    @Override public Constraint domain() { return Constraints.REAL_VECTOR; }

    @Override public Constraint codomain() { return Constraints.CORR_CHOLESKY; }

    @Override public long[] forwardShape(long... shape) {
        if (shape.length < 1) throw new IllegalArgumentException(this + " maps vectors, not numbers");
        long n = shape[shape.length - 1], d = Math.round(Math.sqrt(0.25 + 2 * n) + 0.5);
        if (d * (d - 1) / 2 != n)
            throw new IllegalArgumentException("vectors of " + this + " have N · (N − 1) / 2 elements for some N, not " + n);
        return Shapes.concat(Shapes.dropLast(shape, 1), new long[] {d, d});
    }

    @Override public long[] inverseShape(long... shape) {
        if (shape.length < 2 || shape[shape.length - 1] != shape[shape.length - 2])
            throw new IllegalArgumentException("values of " + this + " are [*, N, N], not " + Arrays.toString(shape));
        long d = shape[shape.length - 1];
        return Shapes.concat(Shapes.dropLast(shape, 2), new long[] {d * (d - 1) / 2});
    }

    /** Returns rows and columns of the elements of a [d, d] matrix up to a diagonal, after ellipses for {@code dims} dimensions. */
    private static Tensor[] lower(long dims, long d, long diagonal, Tensor like) {
        Tensor[] at = new Tensor[(int) dims];
        List<Tensor> indices = Aten.trilIndices(d, d, diagonal, DType.INT64, null, like.device()).unbind();
        at[at.length - 2] = indices.get(0);
        at[at.length - 1] = indices.get(1);
        return at;
    }

    private static Tensor vector(Tensor matrix, long diagonal) {
        return matrix.index(Arrays.asList(lower(matrix.dim(), matrix.size(-1), diagonal, matrix)));
    }

    @Override protected Tensor computeForward(Tensor x) {
        double eps = x.dtype().finfo().eps();
        long[] shape = forwardShape(x.shape());
        long d = shape[shape.length - 1];
        Tensor r = x.newZeros(shape).indexPut(Arrays.asList(lower(shape.length, d, -1, x)), x.tanh().clamp(-1 + eps, 1 - eps));
        Tensor rest = r.pow(2).rsub(1).sqrt().cumprod(-1).narrow(-1, 0, d - 1).constantPadNd(new long[] {1, 0}, 1);
        return r.add(Torch.eye(d, d, x.dtype(), x.device())).mul(rest);
    }

    @Override protected Tensor computeInverse(Tensor y) {
        Tensor rest = y.mul(y).cumsum(-1).rsub(1).narrow(-1, 0, y.size(-1) - 1).constantPadNd(new long[] {1, 0}, 1);
        Tensor t = vector(y, -1).div(vector(rest, -1).sqrt());
        return t.log1p().sub(t.neg().log1p()).div(2);
    }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) {
        Tensor sticks = vector(y.mul(y).cumsum(-1).rsub(1), -2).log().sum(-1).mul(0.5);
        return sticks.add(x.add(x.mul(-2).softplus()).sub(Math.log(2)).sum(-1).mul(-2));
    }
}
