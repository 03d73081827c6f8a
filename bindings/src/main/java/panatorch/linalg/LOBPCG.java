package panatorch.linalg;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Linalg;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * A few of the largest or smallest eigenvalues of a large symmetric or Hermitian matrix A, with their eigenvectors: {@code torch.lobpcg}.
 * With a positive definite B they are those of A x = λ B x. A, B and the preconditioner are only multiplied by a few vectors, so they may
 * be sparse.
 *
 * <p>
 * The method is the locally optimal block preconditioned conjugate gradient (Knyazev 2001, SIAM J. Sci. Comput. 23, 517). Every iteration
 * takes the best vectors of the space of the present ones, their preconditioned residuals and the directions of the last step. That space
 * gets an orthonormal basis each time (Stathopoulos and Wu 2002; Hetmaniuk and Lehoucq 2006), as in Python's robust {@code "ortho"}.
 * Python's method {@code "basic"} and its tracker are not offered.
 *
 * <p>
 * The first vectors are random, and the same as Python's from the same seed. Gradients reach A and B through the eigenvalues. The
 * eigenvectors are constants, unlike in Python.
 */
public final class LOBPCG {
    private static final int ROUNDS = 3; // two for orthogonality, and one as the first may have had to amplify rounding errors
    private static final double LEAST_PART = 100; // times the type's resolution: a direction that depends so much on others is dropped

    private final Tensor a;
    private final @Nullable Tensor b;
    private final Options o;

    private LOBPCG(Tensor a, @Nullable Tensor b, Options o) {
        this.a = a;
        this.b = b;
        this.o = o;
    }

    /**
     * Eigenvalues and eigenvectors, in the current scope.
     *
     * @param values [*, k], the best first: falling for the largest eigenvalues and rising for the smallest
     * @param vectors [*, m, k], whose columns x have xᴴ B x = 1
     */
    public record Eigenpairs(Tensor values, Tensor vectors) {}

    /**
     * What is sought, and how.
     *
     * @param k number of eigenvalues
     * @param largest whether they are the largest ones
     * @param n number of vectors that are iterated, at least k; more of them converge in fewer iterations
     * @param iterations the largest number of iterations; -1 for any
     * @param tolerance the largest residual of an eigenpair, relative to the matrices and the vector; null for the square root of the
     * type's resolution
     * @param b a positive definite matrix [*, m, m]; null for the identity
     * @param x first vectors [*, m, n]; null for random ones
     * @param preconditioner an approximate inverse of A, [*, m, m]; null for the identity
     */
    public record Options(long k, boolean largest, long n, int iterations, @Nullable Double tolerance, @Nullable Tensor b,
            @Nullable Tensor x, @Nullable Tensor preconditioner) {
        /** Checks the numbers. */
        public Options {
            if (k < 1) throw new IllegalArgumentException("k must be at least 1, not " + k);
            if (n < k) throw new IllegalArgumentException("n must be at least k = " + k + ", not " + n);
            if (iterations < -1) throw new IllegalArgumentException("iterations must be at least 0, or -1 for any, not " + iterations);
        }

        public Options largest(boolean largest) {
            return new Options(k, largest, n, iterations, tolerance, b, x, preconditioner);
        }

        public Options n(long n) { return new Options(k, largest, n, iterations, tolerance, b, x, preconditioner); }

        public Options iterations(int iterations) { return new Options(k, largest, n, iterations, tolerance, b, x, preconditioner); }

        public Options tolerance(double tolerance) { return new Options(k, largest, n, iterations, tolerance, b, x, preconditioner); }

        public Options b(Tensor b) { return new Options(k, largest, n, iterations, tolerance, b, x, preconditioner); }

        /** Sets the first vectors, and n to their number. */
        public Options x(Tensor x) {
            return new Options(k, largest, x.size(-1), iterations, tolerance, b, x, preconditioner);
        }

        public Options preconditioner(Tensor preconditioner) {
            return new Options(k, largest, n, iterations, tolerance, b, x, preconditioner);
        }
    }

    /** Returns Python's defaults: the largest eigenvalues, k random vectors, at most 1000 iterations. */
    public static Options options(long k) {
        return new Options(k, true, k, 1000, null, null, null, null);
    }

    /** Returns the k largest eigenvalues; see {@link #lobpcg(Tensor, Options)}. */
    public static Eigenpairs lobpcg(Tensor a, long k) {
        return lobpcg(a, options(k));
    }

    /**
     * Returns eigenvalues and eigenvectors. If the iterations do not suffice, they are the best found.
     *
     * @param a a symmetric or Hermitian matrix [m, m] of float32, float64 or a complex type, dense or sparse; or a batch of dense ones
     * @throws IllegalArgumentException if a matrix is not square, shapes do not fit, or m is less than 3 n
     */
    public static Eigenpairs lobpcg(Tensor a, Options o) {
        long m = a.dim() < 2 ? -1 : a.size(-1);
        if (m < 0 || a.size(-2) != m)
            throw new IllegalArgumentException("a must be a square matrix or a batch of them, not " + a.describe());
        if (a.dtype().bytes() < 4 || !a.dtype().isFloatingPoint() && !a.dtype().isComplex())
            throw new IllegalArgumentException("a must be of float32, float64 or a complex type, not " + a.dtype());
        if (m < 3 * o.n)
            throw new IllegalArgumentException("LOBPCG needs a matrix of at least 3 n = " + 3 * o.n + " rows, not of " + m
                    + "; ask for fewer eigenpairs, or call Linalg.eigh");
        require("b", o.b, a, m);
        require("the preconditioner", o.preconditioner, a, m);
        require("x", o.x, a, o.n);
        if (a.dim() == 2) return new LOBPCG(a, o.b, o).pairs(o.x, o.preconditioner);
        var values = new ArrayList<Tensor>();
        var vectors = new ArrayList<Tensor>();
        try (var scope = Scope.open()) {
            Tensor all = flat(a), bs = o.b == null ? null : flat(o.b), xs = o.x == null ? null : flat(o.x),
                    inverses = o.preconditioner == null ? null : flat(o.preconditioner);
            for (long i = 0; i < all.size(0); i++) {
                var one = new LOBPCG(all.get(i), bs == null ? null : bs.get(i), o).pairs(xs == null ? null : xs.get(i),
                        inverses == null ? null : inverses.get(i));
                values.add(one.values);
                vectors.add(one.vectors);
            }
            long[] shape = a.shape(), value = Arrays.copyOf(shape, shape.length - 1), vector = shape.clone();
            value[value.length - 1] = vector[vector.length - 1] = o.k;
            return new Eigenpairs(scope.move(Aten.stack(values).reshape(value)), scope.move(Aten.stack(vectors).reshape(vector)));
        }
    }

    private static Tensor flat(Tensor batch) { return batch.flatten(0, -3); }

    private static void require(String name, @Nullable Tensor t, Tensor a, long columns) {
        if (t == null) return;
        long[] shape = a.shape();
        shape[shape.length - 1] = columns;
        if (!Arrays.equals(t.shape(), shape) || t.dtype() != a.dtype())
            throw new IllegalArgumentException(name + " must be " + a.dtype() + " " + Arrays.toString(shape) + ", not " + t.describe());
    }

    private Eigenpairs pairs(@Nullable Tensor start, @Nullable Tensor preconditioner) {
        try (var scope = Scope.open()) {
            Tensor x;
            try (var off = NoGrad.enter()) {
                x = iterate(start, preconditioner);
            }
            // the derivative of an eigenvalue is that of its Rayleigh quotient at the fixed eigenvector
            Tensor above = real(x.conj().mul(a.matmul(x)).sum(0)), below = real(x.conj().mul(timesB(x)).sum(0));
            return new Eigenpairs(scope.move(above.div(below)), scope.move(x));
        }
    }

    /** Returns the best k vectors. */
    private Tensor iterate(@Nullable Tensor start, @Nullable Tensor preconditioner) {
        double epsilon = a.dtype().finfo().eps(), tolerance = o.tolerance == null ? Math.sqrt(epsilon) : o.tolerance;
        try (var scope = Scope.open()) {
            Tensor first = start == null ? Aten.randn(new long[] {a.size(-1), o.n}, a.dtype(), null, a.device()) : start;
            double size = first.norm().itemDouble(), sizeA = a.matmul(first).norm().itemDouble() / size,
                    sizeB = timesB(first).norm().itemDouble() / size;
            Tensor x = ritz(orthonormal(first, null, epsilon), o.n, 0).x, p = null;
            for (int i = 1; o.iterations < 0 || i < o.iterations; i++) {
                Ritz next;
                try (var step = Scope.open()) {
                    Tensor ax = a.matmul(x), bx = timesB(x), e = real(x.conj().mul(ax).sum(0));
                    Tensor r = ax.sub(bx.mul(e));
                    Tensor error = norms(r).div(norms(x).mul(e.abs().mul(sizeB).add(sizeA)));
                    if (error.narrow(0, 0, o.k).lt(tolerance).all().itemBoolean()) break;
                    Tensor w = preconditioner == null ? r : preconditioner.matmul(r);
                    Tensor others = orthonormal(p == null ? w : Aten.cat(List.of(p, w), 1), x, epsilon);
                    if (others.size(1) == 0) break; // all residuals lie in the space of x: nothing can get better
                    next = ritz(Aten.cat(List.of(x, others), 1), o.n, o.n);
                    step.move(next.x);
                    step.move(next.p);
                }
                scope.free(x);
                if (p != null) scope.free(p);
                x = next.x;
                p = next.p;
            }
            return scope.move(x.narrow(1, 0, o.k).clone());
        }
    }

    /** The best vectors of a space, and the part of them that does not come from its first vectors. */
    private record Ritz(Tensor x, Tensor p) {}

    /** Returns the n best vectors of the space of orthonormal columns (Rayleigh–Ritz). */
    private Ritz ritz(Tensor basis, long n, long first) {
        Tensor z = Linalg.eigh(basis.mH().matmul(a.matmul(basis))).eigenvectors();
        Tensor best = (o.largest ? z.flip(1) : z).narrow(1, 0, n);
        long rest = basis.size(1) - first;
        return new Ritz(basis.matmul(best), basis.narrow(1, first, rest).matmul(best.narrow(0, first, rest)));
    }

    /**
     * Returns an orthonormal basis of the columns of {@code u} without their parts in the orthonormal columns {@code v}, in the inner
     * product of B. Columns that depend on others are dropped.
     */
    private Tensor orthonormal(Tensor u, @Nullable Tensor v, double epsilon) {
        Tensor all = u;
        for (int round = 0; round < ROUNDS && all.size(1) > 0; round++) {
            if (v != null) all = all.sub(v.matmul(v.mH().matmul(timesB(all))));
            Tensor gram = all.mH().matmul(timesB(all));
            Tensor scale = real(gram.diagonal()).clampMin(a.dtype().finfo().tiny()).rsqrt();
            var eigen = Linalg.eigh(gram.mul(scale.unsqueeze(1)).mul(scale));
            Tensor e = eigen.eigenvalues(), kept = Aten.where(e.gt(e.amax().mul(LEAST_PART * epsilon))).getFirst();
            all = all.mul(scale).matmul(eigen.eigenvectors().indexSelect(1, kept).mul(e.indexSelect(0, kept).rsqrt()));
        }
        return all;
    }

    private Tensor timesB(Tensor x) { return b == null ? x : b.matmul(x); }

    private static Tensor norms(Tensor columns) { return Linalg.vectorNorm(columns, 2, new long[] {0}); }

    private static Tensor real(Tensor t) { return t.isComplex() ? Aten.real(t) : t; }
}
