package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class OptimizeTest {
    private static final OptimizeOptions EVERYTHING = new OptimizeOptions(true, true, true, true, true, false, 1);
    private static final OptimizeOptions NOTHING = new OptimizeOptions(false, false, false, false, false, false, 1);

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
        compare("conv", new OptimizeOptions(false, true, false, false, false, false, 1),
                List.of("1 batch normalisations folded into convolutions"),
                "aten.batch_norm", "aten.conv2d");
    }

    @Test void convolutions_are_packed_with_their_activations() throws Exception {
        compare("conv", new OptimizeOptions(false, true, true, false, false, false, 1),
                List.of("1 batch normalisations folded into convolutions",
                        "1 convolutions done by oneDNN", "1 activations and sums done within convolutions"),
                "aten.relu",
                "mkldnn._convolution_pointwise");
    }

    @Test void linear_layers_are_packed_with_their_activations() throws Exception {
        compare("mlp", new OptimizeOptions(false, false, false, true, false, false, 1),
                List.of("2 linear layers done by oneDNN", "1 activations and sums done within linear layers"),
                "aten.relu", "mkldnn._linear_pointwise");
    }

    @Test void linear_layers_of_one_input_are_merged() throws Exception {
        compare("heads", new OptimizeOptions(false, false, false, true, false, false, 1 << 20),
                List.of("3 linear layers merged with others of the same input"), "aten.view", "linear_and_others");
    }

    @Test void sums_are_done_within_linear_layers_and_convolutions() throws Exception {
        compare("heads", new OptimizeOptions(false, false, false, true, false, false, 1),
                List.of("3 linear layers merged with others of the same input", "4 linear layers done by oneDNN",
                        "2 activations and sums done within linear layers"),
                "aten.linear", "mkldnn._linear_pointwise");
        compare("residual", new OptimizeOptions(false, false, true, false, false, false, 1),
                List.of("7 convolutions done by oneDNN", "9 activations and sums done within convolutions"), "aten.relu6",
                "mkldnn._convolution_pointwise_.binary");
    }

    @Test void linear_layers_of_one_row_are_products_with_a_vector() throws Exception {
        compare("one_row", new OptimizeOptions(false, false, false, true, false, false, 1),
                List.of("2 linear layers of one row done as products with a vector"),
                "aten.linear", "aten.addmv");
        try (var scope = Scope.open(); var program = Programs.load("one_row"); var fast = program.optimize(EVERYTHING)) {
            assertThat(fast.code().split("aten.reshape", -1)).as("one at the beginning and one at the end").hasSize(3);
        }
    }

    @Test void attention_that_is_written_out_is_one_operator() throws Exception {
        compare("attention", new OptimizeOptions(true, false, false, false, true, false, 1),
                List.of("2 calls removed that do nothing in evaluation", "3 attentions done by one operator"), "aten.softmax",
                "aten.scaled_dot_product_attention.default(getitem, getitem_1, getitem_2, mask, 0.0, False, 0.5)");
    }

    @Test void scales_of_channels_are_folded_into_the_layers_before_them() throws Exception {
        compare("layer_scale", new OptimizeOptions(false, true, false, false, false, false, 1),
                List.of("2 scales folded into linear layers and convolutions"), "aten.mul", "aten.linear");
    }

    @Test void activations_are_done_within_layers() throws Exception {
        compare("layer_scale", new OptimizeOptions(false, true, true, true, false, false, 1),
                List.of("2 scales folded into linear layers and convolutions", "1 convolutions done by oneDNN",
                        "1 activations and sums done within convolutions", "2 linear layers done by oneDNN",
                        "1 activations and sums done within linear layers"),
                "aten.gelu", "'gelu', [], 'none'");
    }

    @Test void products_of_small_matrices_are_left_to_libtorch() {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            assertThat(packs(1, 80, 320, 8)).isFalse();
            assertThat(packs(1, 112, 672, 14)).isFalse();
            assertThat(packs(1, 320, 1280, 2)).as("few rows").isTrue();
            assertThat(packs(16, 80, 320, 8)).as("many rows").isTrue();
        }
    }

    /** Returns whether a convolution of single points is packed. */
    private static boolean packs(long batch, long from, long to, long side) {
        var x = new Argument.Name("x", Argument.Kind.TENSOR);
        var w = new Argument.Name("w", Argument.Kind.TENSOR);
        var sizes = LongStream.of(batch, from, side, side).mapToObj(SymbolicExpression::of).toList();
        var metas = Map.of("x", new TensorMeta(DType.FLOAT32, sizes, sizes, SymbolicExpression.of(0), false, Device.CPU));
        var graph = new GraphText(List.of(x, w), List.of(), List.of(Rewrite.call("aten::conv2d", "y", "", List.of(x, w))), metas, Map.of());
        var program = new ProgramText(graph, List.of(), List.of(), Tree.LEAF, Tree.LEAF, List.of(), Map.of(), List.of(), "");
        var rewrite = new Rewrite(program, Map.of("w", Torch.randn(to, from, 1, 1)));
        new PackConvolutions().apply(rewrite);
        rewrite.added().values().forEach(Tensor::close);
        return !rewrite.report().isEmpty();
    }

    @Test void every_activation_is_the_same_within_a_layer() {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor x = Torch.randn(5, 8).mul(4), weight = Torch.randn(6, 8), image = Torch.randn(2, 3, 5, 5).mul(4),
                    kernel = Torch.randn(4, 3, 1, 1);
            for (String name : List.of("relu", "tanh", "sigmoid", "hardswish", "hardsigmoid", "silu", "gelu", "relu6", "hardtanh",
                    "leaky_relu")) {
                var node = new GraphText.Node("y", "torch.ops.aten." + name + ".default", List.of(), List.of(), "");
                Activation a = Objects.requireNonNull(Activation.of(node), name);
                List<?> numbers = a.numbers().stream().map(n -> ((Argument.Constant) n).value()).toList();
                assertClose(name, Operators.call("mkldnn::_linear_pointwise", x, weight, null, a.name(), numbers, a.algorithm()),
                        Operators.call("aten::" + name, x.matmul(weight.t())));
                assertClose(name, Operators.call("mkldnn::_convolution_pointwise", image, kernel, null, List.of(0, 0), List.of(1, 1),
                        List.of(1, 1), 1, a.name(), numbers, a.algorithm()),
                        Operators.call("aten::" + name, Aten.conv2d(image, kernel)));
            }
        }
    }

    private static void assertClose(String what, List<? extends @Nullable Object> actual, List<? extends @Nullable Object> expected) {
        Tensor a = (Tensor) Objects.requireNonNull(actual.getFirst()), e = (Tensor) Objects.requireNonNull(expected.getFirst());
        assertThat(a.allClose(e, 1e-5, 1e-5)).as(what).isTrue();
    }

    @Test void layers_are_done_in_bfloat16_on_request() throws Exception {
        for (String name : List.of("conv", "mlp", "layer_scale", "attention")) {
            for (boolean packed : new boolean[] {false, true}) {
                try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = (ExportedProgram) Programs.load(name).eval();
                        var plain = program.optimize(NOTHING);
                        var fast = program.optimize(new OptimizeOptions(true, true, packed, packed, true, true, 1))) {
                    assertThat(fast.report()).anyMatch(l -> l.endsWith("convolutions and linear layers in bfloat16"));
                    assertThat(fast.code()).contains("_bf16");
                    Inputs inputs = Inputs.of(Programs.inputs(name));
                    Tensor exact = plain.run(inputs).tensor(0), rounded = fast.run(inputs).tensor(0);
                    assertThat(rounded.dtype()).isEqualTo(DType.FLOAT32);
                    double largest = exact.abs().max().itemDouble(), difference = rounded.sub(exact).abs().max().itemDouble();
                    assertThat(difference).as(name).isBetween(1e-6 * largest, 0.02 * largest);
                }
            }
        }
    }

    @Test void what_lies_between_layers_stays_in_bfloat16() throws Exception {
        try (var program = (ExportedProgram) Programs.load("conv").eval();
                var fast = program.optimize(new OptimizeOptions(true, true, true, false, false, true, 1))) {
            assertThat(fast.code()).containsPattern("max_pool2d\\.default\\(\\w+_bf16").doesNotContainPattern("relu_?\\.default");
        }
    }

    @Test void small_linear_layers_stay_as_they_are() throws Exception {
        try (var program = Programs.load("mlp"); var fast = ((ExportedProgram) program.eval()).optimize(OptimizeOptions.all())) {
            assertThat(fast.report()).isEmpty();
        }
    }

    @Test void dropout_is_removed() throws Exception {
        compare("conv_train", new OptimizeOptions(true, false, false, false, false, false, 1),
                List.of("1 calls removed that do nothing in evaluation"),
                "aten.dropout", "aten.linear");
    }

    @Test void what_depends_on_weights_alone_is_computed_once() throws Exception {
        compare("mlp.core", new OptimizeOptions(true, false, false, false, false, false, 1),
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
