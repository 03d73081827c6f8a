package panatorch.fuzz;

import static panatorch.fuzz.LegalCalls.list;

import panatorch.DType;
import panatorch.Torch;

/** Legal calls of linear algebra. */
final class LinearAlgebraCalls {
    private LinearAlgebraCalls() {}

    static void putAll(LegalCalls.Table t) {
        t.put("linalg_eig linalg_eigvals _linalg_eigvals linalg_inv linalg_inv_ex inverse linalg_det det _linalg_det logdet slogdet "
                + "linalg_slogdet _linalg_slogdet matrix_exp linalg_matrix_exp",
                s -> list(s.square()));
        t.put("linalg_eigvals linalg_eig", s -> list(s.square())); // they crashed first
        t.put("linalg_eigh linalg_eigvalsh", s -> list(s.one(2) ? s.positive() : s.square(), s.any("L", "U")));
        t.put("_linalg_eigh", s -> list(s.square(), s.any("L", "U"), s.flag()));
        t.put("linalg_svd", s -> list(s.rectangle(), s.flag()));
        t.put("_linalg_svd svd", s -> list(s.rectangle(), s.flag(), s.flag()));
        t.put("linalg_svdvals geqrf pinverse", s -> list(s.rectangle()));
        t.put("linalg_qr", s -> list(s.rectangle(), s.any("reduced", "complete", "r")));
        t.put("qr", s -> list(s.rectangle(), s.flag()));
        t.put("linalg_householder_product orgqr",
                s -> list(s.normal(s.shape(Math.max(s.n, s.m), Math.min(s.n, s.m))), s.normal(s.shape(Math.min(s.n, s.m)))));
        t.put("ormqr", s -> list(s.normal(s.shape(s.n, Math.min(s.n, s.m))), s.normal(s.shape(Math.min(s.n, s.m))),
                s.normal(s.shape(s.n, s.k)), true, s.flag()));
        t.put("linalg_lu linalg_lu_factor linalg_lu_factor_ex", s -> list(s.rectangle()));
        t.put("_lu_with_info", s -> list(s.rectangle(), true, s.flag()));
        t.put("linalg_lu_solve", s -> list(s.square(), pivots(s), s.normal(s.shape(s.n, s.k))));
        t.put("lu_solve", s -> list(s.normal(s.shape(s.n, s.k)), s.square(), pivots(s)));
        t.put("lu_unpack", s -> list(s.square(), pivots(s)));
        t.put("linalg_ldl_factor linalg_ldl_factor_ex", s -> list(s.positive(), s.flag()));
        t.put("linalg_ldl_solve", s -> list(s.square(), pivots(s), s.normal(s.shape(s.n, s.k)), s.flag()));
        t.put("linalg_lstsq",
                s -> list(s.rectangle(), s.normal(s.shape(s.n, s.k)), s.any(null, 1e-3), s.any("gelsy", "gels", "gelsd", "gelss")));
        t.put("linalg_pinv", s -> s.flag() ? list(s.positive(), 1e-8, true) : list(s.rectangle(), 1e-8, false));
        t.put("linalg_pinv.atol_rtol_float", s -> list(s.positive(), s.any(null, 1e-3), s.any(null, 1e-3), s.flag()));
        t.put("linalg_matrix_power matrix_power", s -> list(s.square(), (long) s.random.nextInt(-3, 6)));
        t.put("cholesky linalg_cholesky cholesky_inverse", s -> list(s.positive(), s.flag()));
        t.put("linalg_cholesky_ex", s -> list(s.positive()));
        t.put("cholesky_solve", s -> list(s.normal(s.shape(s.n, s.k)), s.positive(), s.flag()));
        t.put("linalg_solve linalg_solve_ex", s -> list(s.square(), s.normal(s.shape(s.n, s.k))));
        t.put("linalg_solve_triangular", s -> list(s.square(), s.normal(s.shape(s.n, s.k)), s.flag(), true, s.flag()));
        t.put("triangular_solve", s -> list(s.normal(s.shape(s.n, s.k)), s.square(), s.flag(), s.flag(), s.flag()));
        t.put("linalg_cond", s -> list(s.square(), s.any(null, 1, 2, -1, -2, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)));
        t.put("linalg_cond.p_str", s -> list(s.square(), s.any("fro", "nuc")));
        t.put("linalg_norm", s -> list(s.normal(s.n, s.m), s.any(null, 1, 2, -1, -2, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)));
        t.put("linalg_norm.ord_str", s -> list(s.normal(s.n, s.m), s.any("fro", "nuc")));
        t.put("linalg_matrix_norm", s -> list(s.rectangle(), s.any(1, 2, -1, -2, Double.POSITIVE_INFINITY)));
        t.put("linalg_matrix_norm.str_ord", s -> list(s.rectangle(), s.any("fro", "nuc")));
        t.put("linalg_vector_norm",
                s -> list(s.rectangle(), s.any(0, 1, 2, 0.5, 3, -1, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY)));
        t.put("nuclear_norm", s -> list(s.normal(s.n, s.m)));
        t.put("linalg_matrix_rank", s -> s.flag() ? list(s.positive(), 1e-3, true) : list(s.rectangle(), 1e-3, false));
        t.put("linalg_matrix_rank.atol_rtol_float", s -> list(s.rectangle(), s.any(null, 1e-3), s.any(null, 1e-3)));
        t.put("linalg_tensorinv", s -> list(s.normal(2, 3, 6), 2L));
        t.put("linalg_tensorsolve", s -> list(s.normal(2, 3, 6), s.normal(2, 3)));
        t.put("linalg_multi_dot chain_matmul", s -> list(list(s.normal(s.n, s.m), s.normal(s.m, s.k), s.normal(s.k, s.n))));
        t.put("linalg_vander", s -> list(s.normal(s.shape(Math.min(s.n, 30)))));
        t.put("linalg_vecdot", s -> list(s.rectangle(), s.rectangle()));
        t.put("linalg_cross", s -> list(s.normal(s.shape(3)), s.normal(s.shape(3))));
        t.put("matmul", s -> list(s.normal(s.shape(s.n, s.m)), s.normal(s.shape(s.m, s.k))));
        t.put("mm", s -> list(s.normal(s.n, s.m), s.normal(s.m, s.n)));
        t.put("bmm", s -> list(s.normal(3, s.n, s.m), s.normal(3, s.m, s.k)));
        t.put("addmm", s -> list(s.normal(s.n, s.k), s.normal(s.n, s.m), s.normal(s.m, s.k), s.any(0, 1, 0.5), s.any(0, 1, 1e38)));
        t.put("baddbmm", s -> list(s.normal(3, s.n, s.k), s.normal(3, s.n, s.m), s.normal(3, s.m, s.k)));
        t.put("mv", s -> list(s.normal(s.n, s.m), s.normal(s.m)));
        t.put("dot vdot inner outer", s -> list(s.normal(s.n), s.normal(s.n)));
        t.put("kron", s -> list(s.normal(Math.min(s.n, 20), s.k), s.normal(s.k, Math.min(s.m, 20))));
        t.put("cdist", s -> list(s.normal(s.shape(s.n, s.k)), s.normal(s.shape(s.m, s.k)),
                s.any(0.0, 1.0, 2.0, 3.0, 0.5, Double.POSITIVE_INFINITY), s.any(null, 0L, 1L, 2L)));
        t.put("pdist", s -> list(s.normal(s.n, s.k), s.any(0.0, 1.0, 2.0, 3.0, 0.5, Double.POSITIVE_INFINITY)));
        t.put("bilinear", s -> list(s.normal(s.k, Math.min(s.n, 40)), s.normal(s.k, Math.min(s.m, 40)),
                s.normal(2, Math.min(s.n, 40), Math.min(s.m, 40)), s.normal(2)));
        t.put("cov corrcoef", s -> list(s.normal(s.n, s.m)));
        t.put("_cholesky_solve_helper", s -> list(s.normal(s.shape(s.n, s.k)), s.positive(), s.flag()));
    }

    private static Plan pivots(LegalCalls s) {
        return s.exact("pivots", () -> Torch.arange(1, s.n + 1, 1, DType.INT32).expand(s.shape(s.n)).contiguous());
    }
}
