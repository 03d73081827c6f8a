package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class OptimizeTest {
    private static final OptimizeOptions EVERYTHING = new OptimizeOptions(true, true, true, true, 1);
    private static final OptimizeOptions NOTHING = new OptimizeOptions(false, false, false, false, 1);

    /** Programs that were exported in evaluation mode. */
    static List<String> programs() {
        return Programs.names().stream().filter(n -> !n.equals("ascan") && !n.startsWith("conv_train") && !n.startsWith("lstm")).toList();
    }

    @ParameterizedTest
    @MethodSource("programs") void an_optimised_program_returns_the_same(String name) throws Exception {
        JsonNode expected = Programs.expected(name);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load(name);
                var fast = program.eval() instanceof ExportedProgram p ? p.optimize(EVERYTHING) : null) {
            Torch.manualSeed(3);
            Outputs outputs = Objects.requireNonNull(fast).run(Inputs.of(Programs.inputs(name)));
            for (int i = 0; i < outputs.all().size(); i++)
                Programs.assertSame(name + ", output " + i, outputs.all().get(i), expected.get("outputs").get(i));
        }
    }

    private static void compare(String name, OptimizeOptions options, List<String> report, String before, String after) throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load(name)) {
            program.eval();
            try (var plain = program.optimize(NOTHING); var fast = program.optimize(options)) {
                assertThat(plain.report()).isEmpty();
                assertThat(plain.code()).contains(before);
                assertThat(fast.report()).containsExactlyElementsOf(report);
                assertThat(fast.code()).doesNotContain(before).contains(after);
                Inputs inputs = Inputs.of(Programs.inputs(name));
                assertThat(fast.run(inputs).tensor(0).allClose(plain.run(inputs).tensor(0), 1e-5, 1e-6)).isTrue();
            }
        }
    }

    @Test void batch_normalisations_are_folded_into_convolutions() throws Exception {
        compare("conv", new OptimizeOptions(false, true, false, false, 1), List.of("1 batch normalisations folded into convolutions"),
                "aten.batch_norm", "aten.conv2d");
    }

    @Test void convolutions_are_packed_with_their_activations() throws Exception {
        compare("conv", new OptimizeOptions(false, true, true, false, 1), List.of("1 batch normalisations folded into convolutions",
                "1 convolutions done by oneDNN", "1 activations and sums done within convolutions"), "aten.relu",
                "mkldnn._convolution_pointwise");
    }

    @Test void linear_layers_are_packed_with_their_activations() throws Exception {
        compare("mlp", new OptimizeOptions(false, false, false, true, 1),
                List.of("2 linear layers done by oneDNN", "1 activations done within linear layers"),
                "aten.relu", "mkldnn._linear_pointwise");
    }

    @Test void linear_layers_of_one_row_are_products_with_a_vector() throws Exception {
        compare("one_row", new OptimizeOptions(false, false, false, true, 1),
                List.of("2 linear layers of one row done as products with a vector"),
                "aten.linear", "aten.addmv");
    }

    @Test void small_linear_layers_stay_as_they_are() throws Exception {
        try (var program = Programs.load("mlp"); var fast = ((ExportedProgram) program.eval()).optimize(OptimizeOptions.all())) {
            assertThat(fast.report()).isEmpty();
        }
    }

    @Test void dropout_is_removed() throws Exception {
        compare("conv_train", new OptimizeOptions(true, false, false, false, 1), List.of("1 calls removed that do nothing in evaluation"),
                "aten.dropout", "aten.linear");
    }

    @Test void what_depends_on_weights_alone_is_computed_once() throws Exception {
        compare("mlp.core", new OptimizeOptions(true, false, false, false, 1),
                List.of("2 calls computed once, as they depend on weights alone"), "aten.permute", "aten.addmm");
    }

    @Test void buffers_that_a_program_changes_are_not_constants() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = Programs.load("counter");
                var fast = program.optimize(EVERYTHING)) {
            Tensor x = Torch.ones(3), first = fast.run(x).tensor(), second = fast.run(x).tensor();
            assertThat(second.sub(first).toFloatArray()).containsExactly(1, 1, 1);
        }
    }

    @Test void gradients_are_refused_in_a_sentence() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("mlp")) {
            program.eval();
            try (var fast = program.optimize(EVERYTHING)) {
                assertThat(fast.run(Torch.ones(2, 4)).tensor().requiresGrad()).isFalse();
                assertThatThrownBy(() -> fast.run(Torch.ones(2, 4).requiresGrad_(true)))
                        .hasMessageStartingWith("an optimised program has no gradients");
            }
        }
        try (var program = Programs.load("conv_train")) {
            assertThatThrownBy(() -> program.optimize(EVERYTHING)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("call eval() first");
        }
    }
}
