package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;

@NoTensorLeaks
class ExportedProgramTest {
    /** All programs that can be run; the loop over a vmap runs only after its decomposition. */
    static List<String> programs() {
        return Programs.names().stream().filter(n -> !n.equals("ascan")).toList();
    }

    @ParameterizedTest
    @MethodSource("programs") void a_program_returns_what_it_returns_in_python(String name) throws Exception {
        JsonNode expected = Programs.expected(name);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load(name)) {
            Object[] inputs = Programs.inputs(name);
            Torch.manualSeed(3);
            Outputs outputs = program.run(Inputs.of(inputs));
            assertThat(outputs.all()).hasSameSizeAs(expected.get("outputs"));
            for (int i = 0; i < outputs.all().size(); i++)
                Programs.assertSame(name + ", output " + i, outputs.all().get(i), expected.get("outputs").get(i));
            for (int i = 0; i < inputs.length; i++)
                Programs.assertSame(name + ", input " + i + " afterwards", inputs[i], expected.get("after").get(i));
            Map<String, Tensor> state = program.stateDict();
            expected.get("state").properties().forEach(e -> Programs.assertSame(e.getKey(), state.get(e.getKey()), e.getValue()));
        }
    }

    @ParameterizedTest
    @MethodSource("programs") void the_graph_is_written_as_python_writes_it(String name) throws Exception {
        try (var program = Programs.load(name)) {
            assertThat(program.code().strip()).isEqualTo(Programs.expected(name).get("code").asText().strip());
        }
    }

    @Test void a_signature_tells_names_types_and_ranges() throws Exception {
        try (var program = Programs.load("mask")) {
            Signature s = program.signature();
            assertThat(s.inputs()).hasSize(2);
            var ids = (Signature.TensorValue) s.inputs().getFirst();
            assertThat(ids.name()).isEqualTo("input_ids");
            assertThat(ids.dtype()).isEqualTo(DType.INT64);
            var t = (Signature.Symbol) ids.dims().get(1);
            assertThat(t.range()).isEqualTo(new Signature.Range(2, 512));
            assertThat(((Signature.TensorValue) s.outputs().getFirst()).dims()).containsExactly(ids.dims().getFirst());
        }
        try (var program = Programs.load("python_arguments")) {
            assertThat(program.signature().inputs()).contains(new Signature.ConstantValue("k", 3L),
                    new Signature.ConstantValue("name", "nm"));
            assertThat(program.signature().outputs().stream().map(Signature.Value::name)).containsExactly("y", "z.0", "z.1", "k", "name",
                    "n");
        }
    }

    @Test void inputs_may_be_given_by_name_by_position_and_nested() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("python_arguments")) {
            Tensor x = Torch.tensor(new float[] {1, 2}), a = Torch.tensor(new float[] {3}), b = Torch.tensor(new float[] {4, 5});
            var d = Map.of("a", a, "b", List.of(b));
            for (Inputs inputs : List.of(Inputs.of(x, a, b), Inputs.of(x, 3, true, "nm", a, b), Inputs.of(x, 3, true, "nm", d),
                    Inputs.named("x", x).and("d", d), Inputs.named("x", x).and("d_a", a).and("d_b_0", b).and("k", 3))) {
                Map<?, ?> result = (Map<?, ?>) Objects.requireNonNull(program.run(inputs).value());
                assertThat(((Tensor) Objects.requireNonNull(result.get("y"))).toFloatArray()).containsExactly(4, 7);
                assertThat(((Tensor) ((List<?>) Objects.requireNonNull(result.get("z"))).get(1)).toFloatArray()).containsExactly(8, 10);
                assertThat(result.get("k")).isEqualTo(3L);
                assertThat(result.get("name")).isEqualTo("nm");
                assertThat(result.get("n")).isNull();
            }
        }
        try (var scope = Scope.open(); var program = Programs.load("named")) {
            Tensor one = Torch.ones(2);
            Map<?, ?> pair = (Map<?, ?>) Objects.requireNonNull(program.run(Inputs.of(one, Map.of("left", one, "right", one))).value());
            assertThat(((Tensor) Objects.requireNonNull(pair.get("left"))).toFloatArray()).containsExactly(2, 2);
        }
    }

    @Test void a_program_of_one_tensor_is_called_as_any_module() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load("mlp")) {
            Tensor x = (Tensor) Programs.inputs("mlp")[0];
            Programs.assertSame("call", program.call(x), Programs.expected("mlp").get("outputs").get(0));
            assertThat(program.stateDict().keySet()).containsExactly("a.weight", "a.bias", "b.weight", "b.bias");
            assertThat(program.extraFiles()).containsOnlyKeys("labels.txt");
            assertThat(new String(program.extraFiles().get("labels.txt"), StandardCharsets.UTF_8)).isEqualTo("cat\ndog");
        }
    }

    @Test void tied_weights_are_one_parameter_under_two_names() throws Exception {
        try (var program = Programs.load("tied")) {
            assertThat(program.stateDict()).containsOnlyKeys("embed.weight", "out.weight");
            assertThat(program.parameters()).hasSize(1);
        }
    }

    @Test void a_copy_has_tensors_of_its_own() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load("mlp"); var copy = Module.copyOf(program)) {
            Tensor x = (Tensor) Programs.inputs("mlp")[0], before = copy.call(x);
            program.parameters().forEach(Tensor::zero_);
            assertThat(copy.call(x).torchEquals(before)).isTrue();
            assertThat(program.call(x).torchEquals(before)).isFalse();
        }
    }

    @Test void a_state_dict_is_loaded_by_pythons_names() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load("mlp");
                var other = Programs.load("mlp.core")) {
            Tensor x = (Tensor) Programs.inputs("mlp")[0], before = program.call(x);
            other.parameters().forEach(Tensor::zero_);
            other.loadStateDict(program.stateDict());
            assertThat(other.call(x).allClose(before)).isTrue();
        }
    }

    @Test void an_error_names_the_operator_its_tensors_and_the_line_of_python() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("fails")) {
            Tensor x = Torch.ones(3), i = Torch.tensor(new long[] {0, 7});
            assertThatThrownBy(() -> program.run(x, i)).isInstanceOf(TorchException.class).hasMessageContaining("aten::index.Tensor")
                    .hasMessageContaining("out of bounds").hasMessageContaining("node 'index'").hasMessageContaining("programs.py\", line ")
                    .hasMessageContaining("return x.sin()[i].cos()");
            assertThat(program.run(x, Torch.tensor(new long[] {0, 2})).tensor().shape()).containsExactly(2);
        }
    }

    @Test void a_programs_own_check_is_a_wrong_argument() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("item")) {
            assertThatThrownBy(() -> program.run(Torch.tensor(new float[] {20, 1, 0}))).isInstanceOf(RuntimeException.class)
                    .hasMessageContaining("<= 20");
            assertThat(program.run(Torch.tensor(new float[] {1, 1, 0})).tensor().toLongArray()).containsExactly(0, 2);
        }
    }
}
