package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.MemoryFormat;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class ModuleTest {
    private static Sequential network() {
        return new Sequential(new Conv2d(Conv2d.options(3, 4, 3).bias(false)), new BatchNorm2d(4), new Flatten(), new Linear(16, 2));
    }

    @Test void a_state_dict_has_pytorchs_keys_in_pytorchs_order() {
        try (var net = network()) {
            assertThat(net.stateDict()).containsOnlyKeys("0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var",
                    "1.num_batches_tracked", "3.weight", "3.bias");
            assertThat(net.stateDict().keySet()).containsExactly("0.weight", "1.weight", "1.bias", "1.running_mean", "1.running_var",
                    "1.num_batches_tracked", "3.weight", "3.bias");
            assertThat(net.parameterCount()).isEqualTo(3 * 4 * 9 + 8 + 34);
        }
    }

    @Test void parameters_outlive_the_scope_their_module_is_made_in() {
        Linear layer;
        try (var scope = Scope.open()) {
            layer = new Linear(2, 2);
        }
        assertThat(layer.parameters()).noneMatch(Tensor::isClosed);
        layer.close();
        assertThat(layer.parameters()).allMatch(Tensor::isClosed);
        layer.close();
    }

    @Test void a_parameter_or_buffer_that_is_absent_is_an_error_that_names_the_module_and_what_it_has() {
        try (var layer = new Linear(2, 3, false); var norm = new BatchNorm2d(4); var relu = new ReLU()) {
            assertThat(layer.parameter("weight")).isSameAs(layer.weight());
            assertThatThrownBy(() -> layer.parameter("bias")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "Linear was made without its parameter 'bias'; it has [weight]. Where it may be absent, ask parameterOrNull");
            assertThatThrownBy(() -> layer.parameter("wieght"))
                    .hasMessage("Linear has no parameter 'wieght'; it has [weight]. Where it may be absent, ask parameterOrNull");
            assertThatThrownBy(() -> norm.buffer("mean"))
                    .hasMessageStartingWith("BatchNorm2d has no buffer 'mean'; it has [running_mean, running_var, num_batches_tracked].");
            assertThatThrownBy(() -> relu.parameter("weight"))
                    .hasMessageStartingWith("ReLU has no parameter 'weight'; it has no parameters of its own.");
            assertThat(layer.parameterOrNull("bias")).isNull();
            assertThat(layer.parameterOrNull("wieght")).isNull();
            assertThat(norm.bufferOrNull("mean")).isNull();
            assertThat(norm.bufferOrNull("running_mean")).isSameAs(norm.buffer("running_mean"));
        }
    }

    @Test void a_loaded_state_dict_makes_two_networks_equal() {
        try (var a = network(); var b = network(); var scope = Scope.open()) {
            a.forward(Aten.randn(4, 3, 4, 4));
            b.loadStateDict(a.stateDict());
            Tensor x = Aten.randn(2, 3, 4, 4);
            assertThat(b.eval().forward(x).toFloatArray()).isEqualTo(a.eval().forward(x).toFloatArray());
        }
    }

    @Test void a_state_dict_that_does_not_fit_changes_nothing_and_says_why() {
        try (var net = network(); var scope = Scope.open()) {
            Map<String, Tensor> state = new LinkedHashMap<>(net.stateDict());
            state.remove("1.bias");
            state.put("4.weight", Torch.ones(DType.FLOAT32, 1));
            state.put("3.weight", Torch.ones(DType.FLOAT32, 2, 5));
            state.put("0.weight", Torch.zeros(DType.FLOAT32, 4, 3, 3, 3));
            float[] before = net.stateDict().get("0.weight").toFloatArray();
            assertThatThrownBy(() -> net.loadStateDict(state)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            """
                            Error(s) in loading state_dict for Sequential:
                            \tMissing key(s) in state_dict: "1.bias".\s
                            \tUnexpected key(s) in state_dict: "4.weight".\s
                            \tsize mismatch for 3.weight: copying a param with shape torch.Size([2, 5]) from checkpoint, \
                            the shape in current model is torch.Size([2, 16]).""");
            assertThat(net.stateDict().get("0.weight").toFloatArray()).isEqualTo(before);
            state.put("3.weight", Torch.ones(DType.FLOAT32, 2, 16));
            var report = net.loadStateDict(state, false);
            assertThat(report.missing()).containsExactly("1.bias");
            assertThat(report.unexpected()).containsExactly("4.weight");
            assertThat(net.stateDict().get("0.weight").sum().itemDouble()).isZero();
        }
    }

    @Test void conversion_keeps_the_tensors_objects_and_leaves_integers_alone() {
        try (var net = network(); var scope = Scope.open()) {
            Tensor weight = net.namedParameters().get("0.weight");
            net.to(DType.FLOAT64).to(MemoryFormat.CHANNELS_LAST);
            assertThat(net.namedParameters().get("0.weight")).isSameAs(weight);
            assertThat(weight.dtype()).isEqualTo(DType.FLOAT64);
            assertThat(weight.strides()).containsExactly(27, 1, 9, 3);
            assertThat(weight.requiresGrad()).isTrue();
            assertThat(net.namedBuffers().get("1.num_batches_tracked").dtype()).isEqualTo(DType.INT64);
            assertThat(net.forward(Aten.randn(new long[] {2, 3, 4, 4}, DType.FLOAT64)).dtype()).isEqualTo(DType.FLOAT64);
        }
    }

    @Test void it_prints_as_pytorch_prints() {
        try (var net = new Sequential(new Conv2d(Conv2d.options(3, 4, 3).padding(1)), new Sequential(new ReLU()), new Dropout(0.5))) {
            assertThat(net).hasToString("""
                    Sequential(
                      (0): Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
                      (1): Sequential(
                        (0): ReLU()
                      )
                      (2): Dropout(p=0.5, inplace=False)
                    )""");
        }
    }

    @Test void a_name_is_given_once() {
        assertThatThrownBy(() -> new Module() {
            {
                child("a", new ReLU());
                child("a", new ReLU());
            }

            @Override public Tensor forward(Tensor input) { return input; }
        }).isInstanceOf(IllegalArgumentException.class).hasMessage("the name 'a' is already used by a parameter, buffer or child");
    }
}
