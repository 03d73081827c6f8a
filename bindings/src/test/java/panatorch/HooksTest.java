package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class HooksTest {
    private static Tensor leaf(double... values) { return Torch.tensor(values).requiresGrad_(true); }

    @Test void a_hook_sees_the_gradient_and_may_replace_it() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2), y = x.mul(3);
            var seen = new ArrayList<double[]>();
            y.registerHook(g -> {
                seen.add(g.toDoubleArray());
                return g.mul(10);
            });
            y.mul(y).sum().backward();
            assertThat(seen.getFirst()).containsExactly(6, 12);
            assertThat(x.grad().toDoubleArray()).containsExactly(180, 360);
        }
    }

    @Test void hooks_run_in_the_order_they_were_registered_and_not_once_closed() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1);
            Hook doubling = x.registerHook(g -> g.mul(2)), adding = x.registerHook(g -> g.add(1)), looking = x.registerHook(g -> null);
            x.mul(5).backward();
            assertThat(x.grad().toDoubleArray()).containsExactly(11);
            x.setGrad(null);
            doubling.close();
            doubling.close();
            x.mul(5).backward();
            assertThat(x.grad().toDoubleArray()).containsExactly(6);
        }
    }

    @Test void a_hook_outlives_the_handle_it_was_registered_on() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(2), loss;
            var calls = new ArrayList<Double>();
            try (var inner = Scope.open()) {
                Tensor y = x.mul(x);
                y.registerHook(g -> {
                    calls.add(g.itemDouble());
                    return null;
                });
                loss = inner.move(y.mul(7));
            }
            System.gc();
            loss.backward();
            assertThat(calls).containsExactly(7.0);
        }
    }

    @Test void hooks_are_forgotten_with_what_they_were_registered_on() {
        for (int i = 0; i < 20; i++) {
            try (var scope = Scope.open()) {
                Tensor x = leaf(1), y = x.mul(x);
                x.registerHook(g -> null);
                y.registerHook(g -> null);
                y.backward();
            }
        }
        TensorHooks.sweep();
        assertThat(TensorHooks.count()).isZero();
    }

    @Test void what_a_hook_throws_reaches_the_caller_as_it_was() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1), y = x.mul(x);
            var mine = new UnsupportedOperationException("not today");
            y.registerHook(g -> { throw mine; });
            assertThatThrownBy(y::backward).isSameAs(mine);
            assertThat(x.grad()).isNull();
            assertThatThrownBy(() -> Torch.tensor(new double[] {1}).registerHook(g -> null)).isInstanceOf(TorchException.class)
                    .hasMessageContaining("gradient");
        }
    }

    @Test void a_hook_may_not_change_the_shape() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2), y = x.mul(x);
            y.registerHook(g -> g.sum());
            assertThatThrownBy(() -> y.sum().backward()).isInstanceOf(TorchException.class).hasMessageContaining("size");
        }
    }

    @Test void hooks_call_operators_and_backward_of_other_graphs() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(3), other = leaf(5), y = x.mul(2);
            y.registerHook(g -> {
                try (var on = NoGrad.enableGrad()) {
                    other.mul(other).backward();
                }
                return g.add(other.grad());
            });
            y.backward();
            assertThat(x.grad().itemDouble()).isEqualTo(22);
        }
    }

    @Test void after_accumulation_the_gradient_can_be_used_and_freed_at_once() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2), w = leaf(3, 4);
            var order = new ArrayList<String>();
            for (Tensor t : List.of(x, w)) {
                t.registerPostAccumulateGradHook(leaf -> {
                    order.add(leaf.grad().describe());
                    try (var off = NoGrad.enter()) {
                        leaf.sub_(leaf.grad(), 0.5); // a step of gradient descent
                    }
                    leaf.setGrad(null);
                });
            }
            x.mul(w).sum().backward();
            assertThat(order).containsExactly("float64 [2] on cpu", "float64 [2] on cpu");
            assertThat(x.grad()).isNull();
            assertThat(x.toDoubleArray()).containsExactly(-0.5, 0);
            assertThat(w.toDoubleArray()).containsExactly(2.5, 3);
        }
    }

    @Test void hooks_after_accumulation_are_several_removable_and_only_for_leaves() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1);
            var calls = new ArrayList<Integer>();
            Hook first = x.registerPostAccumulateGradHook(t -> calls.add(1));
            x.registerPostAccumulateGradHook(t -> calls.add(2));
            x.mul(1).backward();
            first.close();
            x.mul(1).backward();
            assertThat(calls).containsExactly(1, 2, 2);
            var mine = new IllegalArgumentException("mine");
            x.registerPostAccumulateGradHook(t -> { throw mine; });
            assertThatThrownBy(() -> x.mul(1).backward()).isSameAs(mine);
            assertThatThrownBy(() -> x.mul(1).registerPostAccumulateGradHook(t -> {})).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("only a leaf");
        }
    }

    @Test void gradients_of_other_than_leaves_are_retained_when_asked() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(3), y = x.mul(x);
            y.retainGrad();
            y.mul(4).backward();
            assertThat(y.grad().itemDouble()).isEqualTo(4);
            assertThat(y.gradFn()).isEqualTo("MulBackward0");
            assertThat(x.gradFn()).isNull();
            assertThat(y.detach().requiresGrad()).isFalse();
            assertThat(y).hasToString("tensor([9.], dtype=torch.float64, grad_fn=<MulBackward0>)");
        }
    }
}
