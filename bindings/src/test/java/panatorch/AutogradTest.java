package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class AutogradTest {
    private static Tensor leaf(double... values) { return Torch.tensor(values).requiresGrad_(true); }

    @Test void grad_gives_gradients_and_leaves_those_of_the_leaves_alone() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2, 3), y = leaf(4, 5, 6);
            var gradients = Autograd.grad(x.mul(x).mul(y).sum(), x, y);
            assertThat(gradients.get(0).toDoubleArray()).containsExactly(8, 20, 36);
            assertThat(gradients.get(1).toDoubleArray()).containsExactly(1, 4, 9);
            assertThat(x.grad()).isNull();
        }
    }

    @Test void derivatives_have_their_choices_by_name() {
        try (var scope = Scope.open()) {
            Tensor w = leaf(3, 3), unused = leaf(1, 1);
            Tensor first = Autograd.of(w.pow(3).sum()).createGraph().grad(w).getFirst();
            assertThat(first.toDoubleArray()).as("3 w²").containsExactly(27, 27);
            assertThat(Autograd.of(first).weighted(Torch.tensor(new double[] {1, 1})).grad(w).getFirst().toDoubleArray()).as("6 w")
                    .containsExactly(18, 18);
            assertThat(Autograd.of(w.sum(), w.mul(2).sum()).gradAllowUnused(List.of(w, unused)).get(1)).isNull();
            Tensor y = w.square().sum();
            Autograd.of(y).retainGraph().backward();
            Autograd.of(y).backward();
            assertThat(w.grad().toDoubleArray()).as("2 w, twice").containsExactly(12, 12);
        }
    }

    /** d³/dx³ of x⁴ is 24x. */
    @Test void gradients_are_differentiated_in_turn() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(0.5, -2), derivative = x.pow(4);
            for (int i = 0; i < 3; i++) derivative = Autograd.grad(List.of(derivative.sum()), List.of(x), null, false, true).getFirst();
            assertThat(derivative.toDoubleArray()).containsExactly(new double[] {12, -48}, within(1e-12));
        }
    }

    @Test void outputs_are_weighted_by_their_gradients() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2), weights = Torch.tensor(new double[] {10, 100});
            assertThat(Autograd.grad(List.of(x.mul(x), x.sum()), List.of(x), java.util.Arrays.asList(weights, null), false, false)
                    .getFirst().toDoubleArray())
                    .containsExactly(21, 401);
        }
    }

    @Test void an_input_that_does_not_matter_is_an_error_unless_allowed() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1), other = leaf(1), y = x.mul(x);
            assertThatThrownBy(() -> Autograd.grad(List.of(y), List.of(x, other), null, true, false)).isInstanceOf(TorchException.class)
                    .hasMessageContaining("differentiated Tensors appears to not have been used in the graph")
                    .hasMessageNotContaining("frame #");
            assertThat(Autograd.gradAllowUnused(List.of(y), List.of(x, other), null, true, false).get(1)).isNull();
            assertThatThrownBy(() -> Autograd.grad(List.of(), List.of(x), null, false, false)).isInstanceOf(IllegalArgumentException.class);
            Tensor closed = leaf(1);
            closed.close();
            assertThatThrownBy(() -> Autograd.grad(y, closed)).isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
            assertThatThrownBy(() -> Autograd.grad(leaf(1, 2).mul(2), x)).isInstanceOf(TorchException.class)
                    .hasMessageContaining("scalar outputs");
        }
    }

    @Test void nothing_is_kept_after_many_calls() {
        for (int i = 0; i < 100; i++) {
            try (var scope = Scope.open()) {
                Tensor x = leaf(1, 2);
                Autograd.grad(x.mul(x).sum(), x);
            }
        }
    }
}
