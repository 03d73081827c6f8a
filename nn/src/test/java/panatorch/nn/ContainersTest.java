package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import org.junit.jupiter.api.Test;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class ContainersTest {
    @Test void a_list_prints_equal_neighbours_once_as_python_does() {
        try (var list = new ModuleList<Module>(new ReLU(), new ReLU(), new Flatten(), new ReLU())) {
            assertThat(list).hasToString("""
                    ModuleList(
                      (0-1): 2 x ReLU()
                      (2): Flatten(start_dim=1, end_dim=-1)
                      (3): ReLU()
                    )""");
            assertThat(list.get(2)).isInstanceOf(Flatten.class);
            assertThatThrownBy(() -> list.get(4)).isInstanceOf(IndexOutOfBoundsException.class).hasMessage("index 4 of 4 modules");
        }
        try (var empty = new ModuleList<Module>()) {
            assertThat(empty).hasToString("ModuleList()");
        }
    }

    @Test void modules_and_parameters_have_the_names_they_are_given() {
        var named = new LinkedHashMap<String, Module>();
        named.put("fc", new Linear(2, 3));
        named.put("act", new ReLU());
        try (var net = new Sequential(named); var copy = Module.copyOf(net)) {
            assertThat(copy.stateDict()).containsOnlyKeys("fc.weight", "fc.bias");
            assertThat(copy.namedModules().keySet()).containsExactly("", "fc", "act");
        }
        try (var dict = new ModuleDict().put("a", new Linear(1, 1))) {
            assertThat(dict.stateDict()).containsOnlyKeys("a.weight", "a.bias");
            assertThatThrownBy(() -> dict.get("b")).hasMessage("there is no module 'b' among [a]");
        }
    }

    @Test void parameters_of_a_list_and_a_dictionary_print_as_python_prints_them() {
        try (var list = new ParameterList(Torch.ones(DType.FLOAT32, 2, 3), Torch.ones(DType.FLOAT32, 4));
                var dict = new ParameterDict().put("scale", Torch.ones(DType.FLOAT32, 2)); var copy = Module.copyOf(list)) {
            assertThat(list).hasToString("""
                    ParameterList(
                        (0): Parameter containing: [torch.float32 of size 2x3]
                        (1): Parameter containing: [torch.float32 of size 4]
                    )""");
            assertThat(copy.get(1).toFloatArray()).containsOnly(1);
            assertThat(dict.parameters()).singleElement().matches(Tensor::requiresGrad);
        }
    }

    @Test void visitors_come_to_the_inner_modules_first_and_to_shared_ones_once_in_lists() {
        var shared = new ReLU();
        try (var net = new Sequential(shared, new Sequential(shared))) {
            var visited = new ArrayList<String>();
            net.apply(m -> visited.add(m.getClass().getSimpleName() + m.namedChildren().size()));
            assertThat(visited).containsExactly("ReLU0", "ReLU0", "Sequential1", "Sequential2");
            assertThat(net.modules()).hasSize(3);
        }
    }

    @Test void gradients_are_converted_with_their_parameters_and_forgotten_on_request() {
        try (var layer = new Linear(2, 1); var scope = Scope.open()) {
            layer.forward(Torch.ones(1, 2)).sum().backward();
            layer.to(DType.FLOAT64);
            assertThat(layer.weight().grad().dtype()).isEqualTo(DType.FLOAT64);
            assertThat(layer.weight().grad().toDoubleArray()).containsExactly(1, 1);
            layer.zeroGrad();
            assertThat(layer.weight().grad()).isNull();
            layer.requiresGrad(false);
            assertThat(layer.forward(Torch.ones(DType.FLOAT64, 1, 2)).requiresGrad()).isFalse();
        }
    }

    /** Three elementwise results of its input. */
    private static final class Thrice extends Module {
        @Override public Tensor forward(Tensor input) { return input.add(1).mul(2).sub(2); }

        @Override protected Module recreate() { return new Thrice(); }
    }

    @Test void a_sequence_keeps_no_more_than_what_the_module_that_runs_needs() {
        try (var network = new Sequential(new Thrice(), new ReLU(true), new Thrice(), new Identity(), new Thrice(), new Thrice());
                var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = Torch.ones(3);
            long before = Torch.memoryStats().liveTensors();
            var live = new ArrayList<Long>();
            for (Module m : network.modules()) m.hooks().afterForward((module, in, out) -> {
                live.add(Torch.memoryStats().liveTensors() - before);
                return null;
            });
            Tensor y = network.call(x);
            assertThat(y.toFloatArray()).containsExactly(16, 16, 16);
            // what the module was given, and its three results
            assertThat(live).hasSize(7).allSatisfy(n -> assertThat(n).isLessThanOrEqualTo(4));
            assertThat(Torch.memoryStats().liveTensors() - before).isEqualTo(1);
            assertThat(x.isClosed()).isFalse();
        }
    }

    @Test void what_a_hook_lets_escape_stays_and_gradients_are_as_ever() {
        var kept = new ArrayList<Tensor>();
        try (var network = new Sequential(new Linear(3, 4), new Tanh(), new Linear(4, 1)); var scope = Scope.open()) {
            network.get(1).hooks().afterForward((module, in, out) -> {
                kept.add(out.getFirst().escape());
                return null;
            });
            Tensor x = Torch.randn(5, 3).requiresGrad_(true);
            Autograd.backward(network.call(x).sum());
            Tensor w = network.get(0).parameter("weight"), v = network.get(2).parameter("weight"), hidden = kept.getFirst().detach();
            assertThat(x.grad().allClose(v.detach().mul(hidden.square().neg().add(1)).matmul(w.detach()))).isTrue();
            kept.getFirst().close();
        }
    }
}
