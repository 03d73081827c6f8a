package panatorch.nn.utils.parametrizations;

import java.util.Arrays;
import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.FloatInfo;
import panatorch.Linalg;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.utils.parametrizations.Parametrizations.OrthogonalMap;
import panatorch.nn.utils.parametrize.RightInverse;

/** An orthogonal matrix [*, n, k] of any one. Buffer: {@code base} [*, max(n, k), max(n, k)], the value from which it starts. */
final class Orthogonal extends Module implements RightInverse {
    private final long[] shape;
    private final OrthogonalMap map;
    private final boolean trivialization;

    Orthogonal(long[] shape, OrthogonalMap map, boolean trivialization) {
        this.shape = shape;
        this.map = map;
        this.trivialization = trivialization;
        if (trivialization) registerBuffer("base", null, true);
    }

    @Override public Tensor forward(Tensor input) {
        boolean wide = input.size(-2) < input.size(-1);
        Tensor x = wide ? input.mT() : input, q = map == OrthogonalMap.HOUSEHOLDER ? reflections(x) : rotation(x);
        Tensor base = bufferOrNull("base");
        if (base != null) q = base.matmul(q);
        return wide ? q.mT() : q;
    }

    /** Returns the first columns of the rotation that a tall matrix's lower triangle stands for. */
    private Tensor rotation(Tensor tall) {
        long n = tall.size(-2), k = tall.size(-1);
        Tensor x = tall.tril();
        if (n != k) x = Aten.cat(List.of(x, x.newZeros(with(x.shape(), n, n - k))), -1);
        Tensor a = x.sub(x.mH()), q;
        if (map == OrthogonalMap.MATRIX_EXP) {
            q = a.matrixExp();
        } else {
            Tensor one = Aten.eye(n, a.dtype(), null, a.device());
            q = Linalg.solve(Aten.add(one, a, -0.5), Aten.add(one, a, 0.5));
        }
        return n == k ? q : q.narrow(-1, 0, k);
    }

    /** Returns the product of the reflections in the lower triangle of a tall matrix, with the signs of its diagonal. */
    private static Tensor reflections(Tensor tall) {
        Tensor a = tall.tril(-1), tau = a.mul(a).sum(new long[] {-2}, false).add(1).reciprocal().mul(2);
        // no gradient goes to the diagonal, which holds signs
        Tensor signs = tall.detach().diagonal(0, -2, -1).to(DType.INT32).unsqueeze(-2);
        return Linalg.householderProduct(a, tau).mul(signs);
    }

    @Override public List<Tensor> rightInverse(Tensor value) {
        if (!Arrays.equals(value.shape(), shape))
            throw new IllegalArgumentException("the orthogonal tensor has the shape " + Arrays.toString(shape) + " and cannot become "
                    + value.describe());
        boolean wide = value.size(-2) < value.size(-1);
        Tensor q = wide ? value.mT() : value;
        if (!trivialization) {
            if (map != OrthogonalMap.HOUSEHOLDER)
                throw new UnsupportedOperationException("no value can be assigned to the orthogonal map " + map
                        + " without trivialization. Register it with trivialization");
            var qr = q.geqrf();
            Tensor a = qr.a(), diagonal = a.diagonal(0, -2, -1);
            diagonal.sign_();
            diagonal.mul_(Aten.where(qr.tau().eq(0), -1, 1).to(a.dtype())); // LAPACK's zero stands for no reflection
            return List.of(wide ? a.mT() : a);
        }
        setBuffer("base", base(q));
        Tensor start = value.zerosLike();
        start.diagonal(0, -2, -1).fill_(-1); // the signs of reflections that are none
        return List.of(start);
    }

    /** Returns the square orthogonal matrix whose first columns are nearest to those of a tall one. */
    private static Tensor base(Tensor q) {
        long n = q.size(-2), k = q.size(-1);
        if (n != k) return orthonormal(Aten.cat(List.of(q, Aten.randn(with(q.shape(), n, n - k), q.dtype(), null, q.device())), -1));
        double tolerance = 10.0 * n * FloatInfo.of(q.dtype()).eps();
        Tensor one = Aten.eye(k, q.dtype(), null, q.device());
        return q.mH().matmul(q).allClose(one, 1e-5, tolerance) ? q.clone() : orthonormal(q);
    }

    /** Returns the Q of a QR decomposition in which the diagonal of R is not negative. */
    private static Tensor orthonormal(Tensor tall) {
        var qr = tall.geqrf();
        return Linalg.householderProduct(qr.a(), qr.tau()).mul_(qr.a().diagonal(0, -2, -1).sgn().unsqueeze(-2));
    }

    private static long[] with(long[] shape, long rows, long columns) {
        long[] changed = shape.clone();
        changed[shape.length - 2] = rows;
        changed[shape.length - 1] = columns;
        return changed;
    }

    @Override protected Module recreate() { return new Orthogonal(shape, map, trivialization); }
}
