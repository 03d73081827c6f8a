package panatorch.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Numbers of Python: {@code torch.manual_seed(3); A = torch.randn(7, 4, dtype=torch.float64)}, and seed 5 before each decomposition. */
@NoTensorLeaks
class LowRankTest {
    private static Tensor samples() {
        Torch.manualSeed(3);
        Tensor a = Aten.randn(new long[] {7, 4}, DType.FLOAT64, null, Device.CPU);
        Torch.manualSeed(5);
        return a;
    }

    /** {@code torch.svd_lowrank(A, q=3)}: S, and the first rows of U and V, whose signs are arbitrary. */
    @Test void singular_values_are_those_of_python() {
        try (var scope = Scope.open()) {
            var f = LowRank.svd(samples(), 3);
            close(f.s(), 2.874492411722437, 2.479103777391666, 1.4768162585061806);
            close(f.u().get(0).abs(), 0.21755928535839233, 0.07846471785671816, 0.04067411987292737);
            close(f.v().get(0).abs(), 0.3165988177921122, 0.6127222560858477, 0.6622419438694269);
        }
    }

    /** {@code torch.svd_lowrank(A.mT, q=2, niter=1, M=A.mT.mean(1, keepdim=True))}. */
    @Test void a_mean_is_subtracted_from_a_wide_matrix() {
        try (var scope = Scope.open()) {
            Tensor wide = samples().mT();
            var f = LowRank.svd(wide, 2, 1, wide.mean(new long[] {1}, true));
            close(f.s(), 2.886232529998825, 2.224101140640266);
            close(f.u().get(0).abs(), 0.25289930401042054, 0.21470806360060868);
        }
    }

    /** {@code torch.pca_lowrank(A, q=2)}. */
    @Test void principal_components_are_those_of_python() {
        try (var scope = Scope.open()) {
            var f = LowRank.pca(samples(), 2);
            close(f.s(), 2.888563458621556, 2.4599508313621947);
            close(f.v().abs().flatten(), 0.28413897262936316, 0.4166187970603489, 0.30681562080126834, 0.4183594927563972,
                    0.9076605734795211, 0.04278411751620825, 0.03579807838822313, 0.8059613092729436);
        }
    }

    private static void close(Tensor actual, double... expected) {
        assertThat(actual.toDoubleArray()).containsExactly(expected, within(1e-10));
    }

    @Test void a_matrix_of_low_rank_is_restored() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.randn(2, 30, 3).matmul(Torch.randn(2, 3, 50));
            var f = LowRank.svd(a, 5);
            assertThat(Aten.allclose(f.u().mul(f.s().unsqueeze(-2)).matmul(f.v().mH()), a, 1e-3, 1e-3)).isTrue();
        }
    }

    @Test void a_rank_beyond_the_matrix_is_refused_for_components_only() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.randn(3, 2);
            var f = LowRank.svd(a, 6);
            assertThat(Aten.allclose(f.u().mul(f.s().unsqueeze(-2)).matmul(f.v().mH()), a, 1e-4, 1e-5)).isTrue();
            assertThatThrownBy(() -> LowRank.pca(a, 3)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("min(m, n) = 2");
        }
    }
}
