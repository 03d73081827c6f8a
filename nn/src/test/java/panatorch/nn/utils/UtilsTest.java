package panatorch.nn.utils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.ConvTranspose2d;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.utils.fusion.Fusion;
import panatorch.nn.utils.parametrizations.Parametrizations;

@NoTensorLeaks
class UtilsTest {
    @Test void parameters_become_one_vector_and_take_its_values_back() {
        try (var net = new Sequential(new Linear(3, 2), new Linear(2, 1, false)); var scope = Scope.open()) {
            Tensor vector = ConvertParameters.parametersToVector(net.parameters());
            assertThat(vector.shape()).containsExactly(10);
            vector.sum().backward();
            assertThat(net.parameters()).allMatch(p -> p.grad().eq(1).all().itemBoolean());
            ConvertParameters.vectorToParameters(Torch.arange(10, DType.FLOAT32), net.parameters());
            assertThat(net.get(0).parameter("bias").toFloatArray()).containsExactly(6, 7);
            assertThat(net.get(1).parameter("weight").toFloatArray()).containsExactly(8, 9);
            assertThatThrownBy(() -> ConvertParameters.vectorToParameters(Torch.ones(9), net.parameters()))
                    .hasMessage("the parameters have 10 elements, and the vector is float32 [9] on cpu");
            assertThatThrownBy(() -> ConvertParameters.parametersToVector(List.of())).isInstanceOf(IllegalArgumentException.class);
        }
    }

    /** The gradient through one inner step, of f = (w·x)² with x = 3: w′ = w − 0.1·18w, f(w′) = 9·0.64·w², so the gradient is 11.52·w. */
    @Test void a_functional_call_is_differentiable_through_an_inner_step_and_leaves_the_module_as_it_was() {
        try (var layer = new Linear(1, 1, false); var scope = Scope.open()) {
            Tensor w = layer.weight(), x = Torch.full(new long[] {1, 1}, 3.0, DType.FLOAT32);
            w.detach().fill_(2);
            Tensor gradient = Autograd.grad(List.of(layer.call(x).pow(2).sum()), List.of(w), null, true, true).getFirst();
            Tensor adapted = Stateless.functionalCall(layer, Map.of("weight", w.sub(gradient, 0.1)), x);
            adapted.pow(2).sum().backward();
            assertThat(w.grad().itemFloat()).isCloseTo(23.04f, org.assertj.core.data.Offset.offset(1e-4f));
            assertThat(layer.weight()).isSameAs(w);
            assertThat(w.itemFloat()).isEqualTo(2);
            assertThat(w.isClosed()).isFalse();
        }
    }

    @Test void a_functional_call_takes_buffers_ties_and_originals_of_parametrizations() {
        var tied = new Linear(2, 2, false);
        try (var net = new Sequential(tied, new Linear(2, 2, false), new BatchNorm1d(2), Parametrizations.weightNorm(new Linear(2, 1)));
                var scope = Scope.open()) {
            net.get(1).setParameter("weight", tied.weight());
            Tensor mean = Torch.zeros(2), x = Torch.tensor(new float[] {1, 2, 3, 5}, 2, 2);
            var given = new HashMap<String, Tensor>();
            given.put("1.weight", Torch.eye(2));
            given.put("2.running_mean", mean);
            given.put("3.parametrizations.weight.original0", Torch.zeros(1, 1));
            given.put("3.bias", Torch.tensor(new float[] {7}));
            assertThat(Stateless.functionalCall(net, given, x).toFloatArray()).containsExactly(7, 7);
            assertThat(mean.toFloatArray()).containsExactly(0.2f, 0.35f); // a tenth of the means 2 and 3.5
            assertThat(net.get(2).buffer("running_mean").toFloatArray()).containsExactly(0, 0);
            assertThatThrownBy(() -> Stateless.functionalCall(net, Map.of("0.weight", x, "1.weight", mean), x))
                    .hasMessageContaining("is tied to another name");
            assertThatThrownBy(() -> Stateless.functionalCall(net, Map.of("0.wieght", x), x)).hasMessageContaining("'0.wieght'");
            assertThatThrownBy(() -> Stateless.functionalCall(net, Map.of("0.weight", Torch.ones(3)), x)).isNotNull();
            assertThat(tied.ruleOrNull("weight")).isNull();
        }
    }

    private static void randomStatistics(Module norm) {
        norm.buffer("running_mean").normal_();
        norm.buffer("running_var").uniform_(0.5, 2);
        norm.parameters().forEach(p -> p.detach().normal_());
    }

    @Test void a_fused_layer_computes_what_the_layer_and_its_normalisation_compute() {
        try (var conv = new Conv2d(Conv2d.options(3, 4, 3).bias(false)); var turned = new ConvTranspose2d(3, 4, 2);
                var norm = new BatchNorm2d(BatchNorm2d.options(4).eps(0.01)); var linear = new Linear(3, 4); var flat = new BatchNorm1d(4);
                var scope = Scope.open()) {
            randomStatistics(norm);
            randomStatistics(flat);
            assertThatThrownBy(() -> Fusion.fuseConvBnEval(conv, norm)).hasMessageContaining("Call eval() first");
            for (Module m : List.of(conv, turned, norm, linear, flat)) m.eval();
            Tensor x = Torch.randn(2, 3, 5, 5), rows = Torch.randn(5, 3);
            try (var a = Fusion.fuseConvBnEval(conv, norm); var b = Fusion.fuseConvBnEval(turned, norm);
                    var c = Fusion.fuseLinearBnEval(linear, flat); var copy = Module.copyOf(a)) {
                assertThat(a.call(x).allClose(norm.call(conv.call(x)), 1e-4, 1e-5)).isTrue();
                assertThat(b.call(x).allClose(norm.call(turned.call(x)), 1e-4, 1e-5)).isTrue();
                assertThat(c.call(rows).allClose(flat.call(linear.call(rows)), 1e-4, 1e-5)).isTrue();
                assertThat(copy.call(x).torchEquals(a.call(x))).isTrue();
                assertThat(a).hasToString("Conv2d(3, 4, kernel_size=(3, 3), stride=(1, 1))");
            }
            try (var narrow = new Linear(3, 5).eval()) {
                assertThatThrownBy(() -> Fusion.fuseLinearBnEval((Linear) narrow, flat)).hasMessageContaining("4 channels");
            }
        }
    }
}
