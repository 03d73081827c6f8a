package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.jit.ScriptModule;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.utils.parametrizations.Parametrizations;
import panatorch.optim.SGD;

/** Parameters, buffers and attributes of scripts that Python compiled: they are read, trained, loaded, replaced and copied. */
@NoTensorLeaks
class ScriptWeightsTest {
    @Test void parts_of_a_script_cannot_be_replaced_or_computed_because_its_code_would_not_use_them() {
        try (var net = new Sequential(new Linear(2, 2)); var other = new Linear(2, 2); var scope = Scope.open();
                var script = ScriptModule.trace(net, Torch.ones(1, 2))) {
            assertThatThrownBy(() -> script.setChild("0", other)).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("'0' cannot be replaced: it is part of a script");
            assertThatThrownBy(() -> Parametrizations.weightNorm(script.submodule("0"))).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("'weight' cannot be computed by a rule");
            assertThat(script.stateDict()).containsOnlyKeys("0.weight", "0.bias");
            script.forward(Torch.ones(1, 2));
        }
    }

    // ---- as a module

    @Test void parameters_buffers_and_submodules_are_pythons() throws IOException {
        try (var net = Scripts.load("net.ts")) {
            assertThat(net.stateDict().keySet()).containsExactly("features.0.weight", "features.0.bias", "features.1.weight",
                    "features.1.bias",
                    "features.1.running_mean", "features.1.running_var", "features.1.num_batches_tracked", "classifier.weight",
                    "classifier.bias");
            assertThat(net.namedParameters()).hasSize(6);
            assertThat(net.namedModules().keySet()).contains("", "features", "features.3", "drop", "classifier");
            assertThat(net.isTraining()).isTrue();
            net.eval();
            assertThat(net.modules()).noneMatch(Module::isTraining);
        }
    }

    @Test void weights_that_are_tied_or_not_trained_stay_so() throws IOException {
        try (var state = Scripts.load("state.ts")) {
            assertThat(state.namedParameters().keySet()).containsExactly("frozen", "number", "first.weight");
            assertThat(state.stateDict().keySet()).contains("second.weight", "third.weight", "total");
            assertThat(((ScriptModule) state.namedChildren().get("third")).parameter("weight"))
                    .isSameAs(((ScriptModule) state.namedChildren().get("first")).parameter("weight"));
            assertThat(state.parameter("frozen").requiresGrad()).isFalse();
            assertThat(state.parameter("number").dtype()).isEqualTo(DType.INT64);
        }
    }

    @Test void training_in_java_gives_the_weights_of_training_in_python() throws IOException {
        try (var net = Scripts.load("net.ts"); var scope = Scope.open();
                var sgd = new SGD(net.parameters(), SGD.options(0.1).momentum(0.9))) {
            Map<String, Tensor> wanted = Scripts.expected();
            assertThat(losses(net, sgd, wanted)).hasSize(10);
            net.stateDict().forEach((name, t) -> Scripts.assertClose(t, wanted.get("net.after." + name)));
        }
    }

    static float[] losses(ScriptModule net, SGD sgd, Map<String, Tensor> data) {
        Torch.manualSeed(5);
        var losses = new float[10];
        for (int i = 0; i < losses.length; i++) {
            try (var step = Scope.open()) {
                sgd.zeroGrad();
                Tensor loss = CrossEntropy.crossEntropy(net.call(data.get("net.x")), data.get("net.t"));
                loss.backward();
                sgd.step();
                losses[i] = loss.itemFloat();
            }
        }
        try (var end = Scope.open()) {
            Scripts.assertClose(Torch.tensor(losses), data.get("net.losses"));
        }
        return losses;
    }

    @Test void a_state_dict_loads_and_parameters_can_be_replaced() throws IOException {
        try (var net = Scripts.load("net.ts"); var scope = Scope.open()) {
            Map<String, Tensor> wanted = Scripts.expected();
            net.eval();
            Tensor x = wanted.get("net.x");
            var state = new LinkedHashMap<String, Tensor>();
            net.stateDict().keySet().forEach(name -> state.put(name, wanted.get("net.after." + name)));
            Tensor before = net.forward(x);
            net.loadStateDict(state);
            Tensor after = net.forward(x);
            assertThat(before.allClose(after)).isFalse();
            Module classifier = net.namedChildren().get("classifier");
            classifier.setParameter("bias", Torch.full(new long[] {3}, 100, DType.FLOAT32));
            assertThat(net.forward(x).amin().itemDouble()).isGreaterThan(50);
            net.to(DType.FLOAT64);
            assertThat(net.forward(x.to(DType.FLOAT64)).dtype()).isEqualTo(DType.FLOAT64);
        }
    }

    @Test void a_copy_has_values_and_memory_of_its_own() throws IOException {
        try (var net = Scripts.load("net.ts"); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            net.eval();
            Tensor x = Scripts.expected().get("net.x");
            try (ScriptModule copy = Module.copyOf(net)) {
                assertThat(copy.isTraining()).isFalse();
                Tensor y = net.forward(x);
                assertThat(copy.forward(x).torchEquals(y)).isTrue();
                copy.parameters().getFirst().zero_();
                assertThat(copy.forward(x).torchEquals(y)).isFalse();
                assertThat(net.forward(x).torchEquals(y)).isTrue();
            }
        }
    }

    @Test void buffers_are_those_that_the_script_has_assigned() throws IOException {
        try (var state = Scripts.load("state.ts"); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Map<String, Tensor> wanted = Scripts.expected();
            Tensor x = Torch.tensor(new float[] {1, 2});
            Scripts.assertClose(state.forward(x), wanted.get("state.once"));
            Scripts.assertClose(state.buffer("total"), wanted.get("state.once"));
            Scripts.assertClose(state.forward(x), wanted.get("state.twice"));
            Scripts.assertClose(state.stateDict().get("total"), wanted.get("state.twice"));
            state.buffer("total").zero_();
            Scripts.assertClose(state.forward(x), wanted.get("state.once"));
        }
        try (var kinds = Scripts.load("kinds.ts"); var scope = Scope.open()) {
            kinds.method("bump").call();
            assertThat(((Tensor) kinds.method("bump").call()).itemLong()).isEqualTo(2);
            assertThat(kinds.buffer("count").itemLong()).isEqualTo(2);
        }
    }

    @Test void attributes_are_read_and_written_by_their_types() throws IOException {
        try (var kinds = Scripts.load("kinds.ts"); var scope = Scope.open()) {
            assertThat(kinds.attribute("factor")).isEqualTo(2.0);
            assertThat(kinds.attribute("label")).isEqualTo("kinds");
            assertThat(kinds.attribute("limits")).isEqualTo(List.of(1L, 2L, 3L));
            assertThat(kinds.attribute("table")).isEqualTo(Map.of("a", List.of(1L), "b", List.of(2L, 3L)));
            assertThat(kinds.attribute("maybe")).isNull();
            assertThat(kinds.attribute("count")).isSameAs(kinds.buffer("count"));
            assertThat(kinds.attribute("linear")).isSameAs(kinds.namedChildren().get("linear"));
            assertThat(((ScriptModule) kinds.attribute("drop")).attribute("p")).as("a constant").isEqualTo(0.5);
            kinds.setAttribute("factor", 5);
            kinds.setAttribute("table", Map.of("c", new int[] {9}));
            kinds.setAttribute("maybe", 3);
            assertThat(kinds.attribute("factor")).isEqualTo(5.0);
            assertThat(kinds.attribute("table")).isEqualTo(Map.of("c", List.of(9L)));
            assertThat(kinds.attribute("maybe")).isEqualTo(3L);
            Map<?, ?> scaled = (Map<?, ?>) kinds.method("dicts").call(Map.of("x", Torch.ones(1)));
            assertThat(((Tensor) scaled.get("x")).itemDouble()).isEqualTo(5);
            Scripts.assertRefused(() -> kinds.setAttribute("factor", "x"), "attribute 'factor' must be float, not a String: x");
            Scripts.assertRefused(() -> kinds.setAttribute("nope", 1), "the script has no attribute 'nope'; it has [");
            Scripts.assertRefused(() -> kinds.setAttribute("training", true), "call train or eval to set the mode");
            Scripts.assertRefused(() -> kinds.setAttribute("linear", 1), "'linear' is a submodule, which cannot be replaced");
        }
    }
}
