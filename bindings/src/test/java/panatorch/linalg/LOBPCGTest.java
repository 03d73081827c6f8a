package panatorch.linalg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Linalg;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/**
 * Numbers of Python 2.13, seed 5 before each call:
 *
 * <pre>
 * torch.manual_seed(3); Q = torch.randn(40, 40, dtype=torch.float64)
 * A = Q @ Q.mT / 40 + torch.diag(torch.arange(40, dtype=torch.float64))
 * </pre>
 */
@NoTensorLeaks
class LOBPCGTest {
    private static Tensor matrix() {
        Torch.manualSeed(3);
        Tensor q = Torch.randn(DType.FLOAT64, 40, 40);
        Torch.manualSeed(5);
        return q.matmul(q.mT()).div(40).add(Torch.arange(40, DType.FLOAT64).diag());
    }

    private static void close(Tensor actual, double... expected) {
        assertThat(actual.toDoubleArray()).containsExactly(expected, within(1e-10));
    }

    /** Checks A x = λ B x and xᴴ B x = 1. */
    private static void solves(Tensor a, Tensor b, LOBPCG.Eigenpairs found, double error) {
        Tensor x = found.vectors(), bx = b == null ? x : b.matmul(x);
        assertThat(a.matmul(x).sub(bx.mul(found.values())).abs().max().itemDouble()).isLessThan(error);
        Tensor gram = x.mH().matmul(bx);
        assertThat(gram.sub(Torch.eye(gram.size(0)).to(gram.dtype())).abs().max().itemDouble()).isLessThan(error);
    }

    /** {@code torch.lobpcg(A, k=3)}. */
    @Test void the_largest_eigenvalues_are_those_of_python() {
        try (var scope = Scope.open()) {
            Tensor a = matrix();
            var found = LOBPCG.lobpcg(a, 3);
            close(found.values(), 40.34001527423428, 39.16226591844519, 38.11398334639968);
            solves(a, null, found, 1e-4);
        }
    }

    /** {@code torch.lobpcg(A, k=3, largest=False)}. */
    @Test void the_smallest_eigenvalues_are_those_of_python() {
        try (var scope = Scope.open()) {
            Tensor a = matrix();
            var found = LOBPCG.lobpcg(a, LOBPCG.options(3).largest(false));
            close(found.values(), 0.6721642307161082, 1.9354690936495502, 2.9932570045845086);
            solves(a, null, found, 1e-4);
        }
    }

    /** {@code torch.lobpcg(A, k=2, B=torch.diag(torch.arange(40, dtype=torch.float64) / 10 + 1))}. */
    @Test void the_generalised_problem_has_the_eigenvalues_of_python() {
        try (var scope = Scope.open()) {
            Tensor a = matrix(), b = Torch.arange(40, DType.FLOAT64).div(10).add(1).diag();
            var found = LOBPCG.lobpcg(a, LOBPCG.options(2).b(b));
            close(found.values(), 8.372470106456037, 8.238498632594217);
            solves(a, b, found, 1e-4);
        }
    }

    /**
     * The gradient of {@code (E * torch.tensor([1., 3.])).sum()} for {@code k=2} in row 38. Python solves for the eigenvectors' part, too,
     * which is zero here.
     */
    @Test void gradients_reach_the_matrix_through_the_eigenvalues() {
        try (var scope = Scope.open()) {
            Tensor a = matrix().detach().requiresGrad_(true);
            var found = LOBPCG.lobpcg(a, LOBPCG.options(2).tolerance(1e-12));
            found.values().mul(Torch.tensor(new double[] {1, 3})).sum().backward();
            assertThat(a.grad().get(38).narrow(0, 36, 4).toDoubleArray()).containsExactly(
                    new double[] {-0.09796756322248512, -0.12393788057597248, 2.951997358443401, 0.19868089847999004}, within(1e-6));
            assertThat(found.vectors().requiresGrad()).isFalse();
        }
    }

    @Test void a_sparse_matrix_is_only_multiplied() {
        try (var scope = Scope.open()) {
            long n = 500; // the Laplace operator on a line: eigenvalues 2 − 2 cos(π i / (n + 1))
            Tensor dense = Torch.eye(n).to(DType.FLOAT64).mul(2).sub(Torch.ones(DType.FLOAT64, n - 1).diag(1))
                    .sub(Torch.ones(DType.FLOAT64, n - 1).diag(-1));
            Torch.manualSeed(1);
            var found = LOBPCG.lobpcg(dense.toSparseCsr(), LOBPCG.options(4).n(12).tolerance(1e-9));
            for (int i = 0; i < 4; i++)
                assertThat(found.values().get(i).itemDouble()).isCloseTo(2 + 2 * Math.cos(Math.PI * (i + 1) / (n + 1)), within(1e-8));
        }
    }

    @Test void a_batch_and_a_hermitian_matrix_have_the_eigenvalues_of_the_dense_solver() {
        try (var scope = Scope.open()) {
            Torch.manualSeed(2);
            for (var type : new DType[] {DType.FLOAT32, DType.COMPLEX128}) {
                Tensor q = Aten.randn(new long[] {2, 30, 30}, type), a = q.matmul(q.mH());
                var found = LOBPCG.lobpcg(a, LOBPCG.options(2).n(4));
                Tensor all = Linalg.eigvalsh(a);
                assertThat(found.values().allClose(all.narrow(1, 28, 2).flip(1), 1e-4, 1e-4)).as("%s", type).isTrue();
                assertThat(found.vectors().shape()).containsExactly(2, 30, 2);
                solves(a.get(0), null, new LOBPCG.Eigenpairs(found.values().get(0), found.vectors().get(0)), 0.05);
            }
        }
    }

    @Test void a_preconditioner_saves_iterations() {
        try (var scope = Scope.open()) {
            Tensor a = matrix().add(Torch.arange(40, DType.FLOAT64).pow(4).diag());
            var few = LOBPCG.options(1).largest(false).iterations(8);
            double best = Linalg.eigvalsh(a).get(0).itemDouble();
            Torch.manualSeed(5);
            double plain = LOBPCG.lobpcg(a, few).values().itemDouble() - best;
            Torch.manualSeed(5);
            double aided = LOBPCG.lobpcg(a, few.preconditioner(Linalg.inv(a))).values().itemDouble() - best;
            assertThat(aided).isLessThan(plain / 100);
        }
    }

    @Test void what_cannot_be_solved_is_refused_with_its_reason() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> LOBPCG.lobpcg(matrix(), 14)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("at least 3 n = 42 rows, not of 40");
            assertThatThrownBy(() -> LOBPCG.lobpcg(Torch.ones(9, 10), 1)).hasMessageContaining("square");
            assertThatThrownBy(() -> LOBPCG.lobpcg(Torch.ones(DType.INT64, 9, 9), 1)).hasMessageContaining("float32, float64");
            assertThatThrownBy(() -> LOBPCG.lobpcg(matrix(), LOBPCG.options(1).b(Torch.eye(40)))).hasMessageContaining("b must be float64");
            assertThatThrownBy(() -> LOBPCG.options(0)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
