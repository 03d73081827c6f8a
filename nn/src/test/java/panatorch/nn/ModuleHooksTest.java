package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class ModuleHooksTest {
    @Test void hooks_see_and_replace_inputs_and_outputs_until_they_are_closed() {
        try (var net = new Sequential(new Identity(), new ReLU()); var scope = Scope.open()) {
            var seen = new ArrayList<String>();
            var first = net.get(0).hooks().beforeForward((m, inputs) -> {
                seen.add("before " + m);
                return List.of(inputs.getFirst().mul(2));
            });
            var second = net.get(1).hooks().afterForward((m, inputs, outputs) -> {
                seen.add("after " + m + " of " + inputs.getFirst().itemDouble());
                return List.of(outputs.getFirst().add(1));
            });
            assertThat(net.call(Torch.tensor(3.0f)).itemDouble()).isEqualTo(7);
            assertThat(seen).containsExactly("before Identity()", "after ReLU() of 6.0");
            first.close();
            second.close();
            assertThat(net.call(Torch.tensor(3.0f)).itemDouble()).isEqualTo(3);
        }
    }

    @Test void a_backward_hook_sees_the_gradients_of_inputs_and_outputs_and_may_replace_the_former() {
        try (var layer = new Linear(2, 1, false); var scope = Scope.open()) {
            layer.weight().detach().copy_(Torch.tensor(new float[] {2, 3}, 1, 2));
            var seen = new ArrayList<String>();
            try (var hook = layer.hooks().afterBackward((m, in, out) -> {
                seen.add(List.of(in.getFirst().toDoubleArray()[0], in.getFirst().toDoubleArray()[1], out.getFirst().itemDouble())
                        .toString());
                return List.of(in.getFirst().mul(10));
            })) {
                Tensor x = Torch.tensor(new float[] {1, 1}, 1, 2).requiresGrad_(true);
                layer.call(x).mul(5).sum().backward();
                assertThat(seen).containsExactly("[10.0, 15.0, 5.0]");
                assertThat(x.grad().toDoubleArray()).containsExactly(100, 150);
                assertThat(layer.weight().grad().toDoubleArray()).containsExactly(5, 5);
            }
        }
    }

    @Test void where_no_input_has_a_gradient_a_backward_hook_sees_those_of_the_outputs() {
        try (var layer = new Linear(2, 1); var scope = Scope.open()) {
            var seen = new ArrayList<Boolean>();
            layer.hooks().afterBackward((m, in, out) -> {
                seen.add(in.getFirst() == null && out.getFirst().itemDouble() == 1);
                return null;
            });
            layer.call(Torch.ones(1, 2)).sum().backward();
            assertThat(seen).containsExactly(true);
        }
    }

    @Test void a_call_with_several_inputs_runs_the_hooks_with_all_of_them() {
        class Weighted extends Module {
            @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
                Tensor x = Objects.requireNonNull(inputs.get(0)), y = Objects.requireNonNull(inputs.get(1)), w = inputs.get(2);
                return List.of(w == null ? x.add(y) : x.add(y).mul(w), x);
            }
        }
        try (var module = new Weighted(); var scope = Scope.open()) {
            var seen = new ArrayList<Integer>();
            module.hooks().beforeForward((m, in) -> {
                seen.add(in.size());
                return null;
            });
            module.hooks().afterForward((m, in, out) -> List.of(out.getFirst().mul(10), out.get(1)));
            Tensor one = Torch.ones(1);
            assertThat(module.call(one, one, one.mul(3)).itemDouble()).isEqualTo(60);
            assertThat(module.call(one, one, (Tensor) null).itemDouble()).isEqualTo(20);
            assertThat(seen).containsExactly(3, 3);
            try (var loss = new MSELoss()) {
                loss.hooks().afterForward((m, in, out) -> List.of(out.getFirst().add(in.size())));
                assertThat(loss.call(one, one.mul(3)).itemDouble()).isEqualTo(6);
            }
        }
    }
}
