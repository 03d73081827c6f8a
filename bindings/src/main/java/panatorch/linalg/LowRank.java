package panatorch.linalg;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Linalg;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Singular values and principal components of matrices that are nearly of low rank, at random (Halko, Martinsson and Tropp 2009,
 * arXiv:0909.4061, algorithms 4.4 and 5.1): {@code torch.svd_lowrank} and {@code torch.pca_lowrank}, with Python's draws from the same
 * seed.
 */
public final class LowRank {
    private static final int ITERATIONS = 2;

    private LowRank() {}

    /**
     * The factors {@code A ≈ U diag(S) Vᴴ}, in the current scope.
     *
     * @param u [*, m, q], whose columns are orthonormal
     * @param s [*, q], falling
     * @param v [*, n, q], whose columns are orthonormal
     */
    public record Factors(Tensor u, Tensor s, Tensor v) {}

    /** Decomposes a matrix with two iterations; see {@link #svd(Tensor, long, int, Tensor)}. */
    public static Factors svd(Tensor a, long q) {
        return svd(a, q, ITERATIONS, null);
    }

    /**
     * Decomposes a matrix.
     *
     * @param a [*, m, n], dense or sparse, real or complex
     * @param q a slightly overestimated rank
     * @param iterations number of subspace iterations; more are more exact
     * @param mean a matrix of the same shape, or one that can be broadcast to it, that is subtracted; null for none
     * @throws IllegalArgumentException if q or the number of iterations is negative
     */
    public static Factors svd(Tensor a, long q, int iterations, @Nullable Tensor mean) {
        long m = a.size(-2), n = a.size(-1);
        require(q, iterations, Long.MAX_VALUE);
        try (var scope = Scope.open()) {
            boolean wide = m < n;
            Tensor all = mean == null ? null : mean.broadcastTo(a.shape());
            Tensor x = wide ? a.mH() : a, shift = all == null || !wide ? all : all.mH();
            Tensor basis = basis(x, q, iterations, shift);
            var small = Linalg.svd(leftProduct(basis.mH(), x, shift), false);
            Tensor u = basis.matmul(small.U()), v = small.Vh().mH();
            return new Factors(scope.move(wide ? v : u), scope.move(small.S()), scope.move(wide ? u : v));
        }
    }

    private static Tensor basis(Tensor a, long q, int iterations, @Nullable Tensor shift) {
        DType type = a.dtype().isFloatingPoint() || a.dtype().isComplex() ? a.dtype() : DType.FLOAT32;
        Tensor random = Aten.randn(new long[] {a.size(-1), q}, type, null, a.device());
        Tensor basis = Linalg.qr(product(a, shift, random)).Q();
        for (int i = 0; i < iterations; i++) {
            basis = Linalg.qr(product(a.mH(), shift == null ? null : shift.mH(), basis)).Q();
            basis = Linalg.qr(product(a, shift, basis)).Q();
        }
        return basis;
    }

    /** Returns (a − shift) right. */
    private static Tensor product(Tensor a, @Nullable Tensor shift, Tensor right) {
        Tensor y = a.matmul(right);
        return shift == null ? y : y.sub(shift.matmul(right));
    }

    /** Returns left (a − shift). */
    private static Tensor leftProduct(Tensor left, Tensor a, @Nullable Tensor shift) {
        Tensor y = left.matmul(a);
        return shift == null ? y : y.sub(left.matmul(shift));
    }

    /**
     * Returns principal components: the factors of a matrix of m samples in rows, minus their mean. {@code S² / (m − 1)} are the variances
     * along the columns of V.
     *
     * @param a [*, m, n], dense
     * @param q a slightly overestimated rank, at most min(m, n)
     */
    public static Factors pca(Tensor a, long q) {
        return pca(a, q, true, ITERATIONS);
    }

    /**
     * Returns principal components.
     *
     * @param center whether the mean is subtracted; otherwise the samples have none
     * @throws IllegalArgumentException if q or the number of iterations is out of range
     */
    public static Factors pca(Tensor a, long q, boolean center, int iterations) {
        require(q, iterations, Math.min(a.size(-2), a.size(-1)));
        try (var scope = Scope.open()) {
            Factors f = svd(center ? a.sub(a.mean(new long[] {-2}, true)) : a, q, iterations, null);
            scope.keep(f.u, f.s, f.v);
            return f;
        }
    }

    private static void require(long q, int iterations, long most) {
        if (q < 0 || q > most)
            throw new IllegalArgumentException("q has to be at least 0"
                    + (most == Long.MAX_VALUE ? "" : " and at most min(m, n) = " + most) + ", but is " + q);
        if (iterations < 0) throw new IllegalArgumentException("the number of iterations must be at least 0, not " + iterations);
    }
}
