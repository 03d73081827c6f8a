package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class ContainersTest {
    @Test void a_list_prints_equal_neighbours_once_as_python_does() {
        try (var list = new ModuleList(new ReLU(), new ReLU(), new Flatten(), new ReLU())) {
            assertThat(list).hasToString("""
                    ModuleList(
                      (0-1): 2 x ReLU()
                      (2): Flatten(start_dim=1, end_dim=-1)
                      (3): ReLU()
                    )""");
            assertThat(list.get(2)).isInstanceOf(Flatten.class);
            assertThatThrownBy(() -> list.get(4)).isInstanceOf(IndexOutOfBoundsException.class).hasMessage("place 4 of 4 modules");
        }
        try (var empty = new ModuleList()) {
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
        try (var list = new ParameterList(Torch.ones(DType.FLOAT32, 2, 3), Torch.ones(DType.FLOAT32, 4)); var dict = new ParameterDict().put("scale", Torch.ones(DType.FLOAT32, 2)); var copy = Module.copyOf(list)) {
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
}
