package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/**
 * Python's numbers: <pre>
 * p = [torch.zeros(2, dtype=torch.double, requires_grad=True), torch.zeros(1, dtype=torch.double, requires_grad=True)]
 * p[0].grad, p[1].grad = torch.tensor([3., -4.]).double(), torch.tensor([12.]).double()
 * torch.nn.utils.clip_grad_norm_(p, 1.3), p[1].grad     # 13.0, 1.199999907692315
 * </pre>
 */
@NoTensorLeaks
class ClipGradTest {
    private static List<Tensor> parameters(double... last) {
        Tensor a = Torch.tensor(new double[] {0, 0}).requiresGrad_(true), b = Torch.tensor(new double[last.length]).requiresGrad_(true);
        a.setGrad(Torch.tensor(new double[] {3, -4}));
        b.setGrad(Torch.tensor(last));
        return List.of(a, Torch.tensor(new double[1]).requiresGrad_(true), b);
    }

    @Test void a_long_gradient_is_shortened_and_its_norm_told() {
        try (var scope = Scope.open()) {
            List<Tensor> p = parameters(12);
            assertThat(ClipGrad.norm_(p, 1.3).itemDouble()).isEqualTo(13);
            assertThat(p.get(2).grad().itemDouble()).isCloseTo(1.199999907692315, within(1e-15));
            assertThat(p.get(1).grad()).isNull();
        }
    }

    @Test void a_short_gradient_stays() {
        try (var scope = Scope.open()) {
            List<Tensor> p = parameters(12);
            ClipGrad.norm_(p, 14);
            assertThat(p.get(2).grad().itemDouble()).isEqualTo(12);
        }
    }

    @Test void other_norms_are_possible() {
        try (var scope = Scope.open()) {
            assertThat(ClipGrad.norm_(parameters(12), 1, Double.POSITIVE_INFINITY, false).itemDouble()).isEqualTo(12);
            assertThat(ClipGrad.norm_(parameters(12), 1, 1, false).itemDouble()).isEqualTo(19);
        }
    }

    @Test void a_norm_that_is_not_finite_is_an_error_on_request_and_changes_nothing_then() {
        try (var scope = Scope.open()) {
            List<Tensor> p = parameters(Double.NaN);
            assertThatThrownBy(() -> ClipGrad.norm_(p, 1, 2, true)).isInstanceOf(ArithmeticException.class).hasMessageContaining("NaN");
            assertThat(p.getFirst().grad().toDoubleArray()).containsExactly(3, -4);
            ClipGrad.norm_(p, 1, 2, false);
            assertThat(p.getFirst().grad().toDoubleArray()).containsExactly(Double.NaN, Double.NaN);
        }
    }

    @Test void elements_are_bounded() {
        try (var scope = Scope.open()) {
            List<Tensor> p = parameters(12);
            ClipGrad.value_(p, 3.5);
            assertThat(p.getFirst().grad().toDoubleArray()).containsExactly(3, -3.5);
            assertThat(p.get(2).grad().itemDouble()).isEqualTo(3.5);
        }
    }
}
