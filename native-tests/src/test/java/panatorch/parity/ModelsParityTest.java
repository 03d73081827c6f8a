package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static panatorch.Index.slice;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.AlexNet;
import panatorch.models.AllConv;
import panatorch.models.Bert;
import panatorch.models.CifarResNet;
import panatorch.models.CifarResNet.Shortcut;
import panatorch.models.Classifier;
import panatorch.models.CudaConvnetQuick;
import panatorch.models.LeNet5;
import panatorch.models.NiN;
import panatorch.models.ResNet;
import panatorch.models.ResNet.Stem;
import panatorch.models.VGG;
import panatorch.nn.Dropout;
import panatorch.nn.Module;

/**
 * Every model against Python's: keys, shapes, initial weights and logits; {@code src/test/python/models.py} made and explains the numbers.
 */
@NoTensorLeaks
class ModelsParityTest {
    private static final JsonNode GOLDEN = Golden.read("models.json").get("models");
    private static final int PRIME = 10007, CLASSES = 10;
    private static final long VOCABULARY = 97;
    private static final Map<String, Supplier<Classifier>> MODELS = models();
    private int threads;

    private static Map<String, Supplier<Classifier>> models() {
        var all = new LinkedHashMap<String, Supplier<Classifier>>();
        all.put("resnet18", () -> ResNet.resnet18(Stem.IMAGENET, CLASSES));
        all.put("resnet34", () -> ResNet.resnet34(Stem.IMAGENET, CLASSES));
        all.put("resnet50", () -> ResNet.resnet50(Stem.IMAGENET, CLASSES));
        all.put("resnet101", () -> ResNet.resnet101(Stem.IMAGENET, CLASSES));
        all.put("resnet152", () -> ResNet.resnet152(Stem.IMAGENET, CLASSES));
        all.put("wide_resnet50_2", () -> ResNet.wideResnet50x2(Stem.IMAGENET, CLASSES));
        all.put("wide_resnet101_2", () -> ResNet.wideResnet101x2(Stem.IMAGENET, CLASSES));
        all.put("resnext50_32x4d", () -> ResNet.resnext50x32x4d(Stem.IMAGENET, CLASSES));
        all.put("resnext101_32x8d", () -> ResNet.resnext101x32x8d(Stem.IMAGENET, CLASSES));
        all.put("resnet18_cifar", () -> ResNet.resnet18(Stem.CIFAR, CLASSES));
        for (int depth : new int[] {20, 32, 44, 56, 110})
            all.put("cifar_resnet" + depth, () -> new CifarResNet(depth, Shortcut.PAD, CLASSES));
        all.put("cifar_resnet20_b", () -> new CifarResNet(20, Shortcut.PROJECTION, CLASSES));
        for (int depth : new int[] {11, 13, 16, 19}) {
            all.put("vgg" + depth + "_cifar", () -> new VGG(depth, false, VGG.Head.CIFAR, CLASSES));
            all.put("vgg" + depth + "_bn_cifar", () -> new VGG(depth, true, VGG.Head.CIFAR, CLASSES));
        }
        all.put("vgg11", () -> new VGG(11, false, VGG.Head.IMAGENET, CLASSES));
        all.put("vgg11_bn", () -> new VGG(11, true, VGG.Head.IMAGENET, CLASSES));
        all.put("alexnet", () -> new AlexNet(CLASSES));
        all.put("lenet5", () -> new LeNet5(CLASSES));
        all.put("cuda_convnet_quick", () -> new CudaConvnetQuick(CLASSES));
        all.put("nin", () -> new NiN(CLASSES));
        all.put("all_conv", () -> new AllConv(CLASSES));
        all.put("bert", ModelsParityTest::bert);
        return all;
    }

    private static Bert bert() { return new Bert(new Bert.Options(VOCABULARY, 32, 2, 4, 64, 16, 2, 0.1, 0.1, 1e-12, 0), 3); }

    static Stream<String> names() { return MODELS.keySet().stream(); }

    static Stream<String> initialized() { return names().filter(n -> GOLDEN.get(n).has("initial")); }

    /** Without the one whose 57 million parameters take seconds. */
    static Stream<String> small() {
        return initialized().filter(n -> !n.equals("alexnet"));
    }

    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    @BeforeEach void one_thread() {
        threads = Torch.numThreads();
        Torch.setNumThreads(1);
    }

    @AfterEach void as_before() { Torch.setNumThreads(threads); }

    private static Classifier build(String name) {
        Torch.manualSeed(0);
        return MODELS.get(name).get();
    }

    /** The first elements of the pattern t, repeated, as float32. */
    private static Tensor pattern(long t, long[] shape, boolean positive, double scale, double shift) {
        long n = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        var values = new float[(int) Math.min(n, PRIME)];
        for (long k = 0; k < values.length; k++) {
            double u = (k * k + t * k) % PRIME / (double) PRIME;
            values[(int) k] = (float) ((positive ? u : 2 * u - 1) * scale + shift);
        }
        Tensor once = Torch.tensor(values);
        return (n <= PRIME ? once : once.repeat(new long[] {(n + PRIME - 1) / PRIME}).slice(0, 0L, n, 1)).reshape(shape);
    }

    private static void fill(Module model) {
        try (var noGrad = NoGrad.enter()) {
            long t = 0;
            for (var e : model.stateDict().entrySet()) {
                t++;
                String name = e.getKey();
                if (name.endsWith("num_batches_tracked")) continue;
                try (var scope = Scope.open()) {
                    Tensor p = e.getValue();
                    long[] shape = p.shape();
                    p.copy_(shape.length > 1 ? pattern(t, shape, false, Math.sqrt(6.0 / (p.numel() / shape[0])), 0)
                            : name.endsWith("weight") || name.endsWith("running_var") ? pattern(t, shape, true, 0.5, 0.5)
                                    : pattern(t, shape, false, 0.1, 0));
                }
            }
        }
    }

    private static String keys(Module model) throws Exception {
        var lines = new StringBuilder();
        model.stateDict().forEach((name, t) -> lines.append(name).append(' ').append(Arrays.toString(t.shape())).append('\n'));
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(lines.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private static void assertLogits(Tensor actual, JsonNode rows) {
        var all = new ArrayList<Double>();
        rows.forEach(row -> row.forEach(v -> all.add(v.asDouble())));
        double[] expected = all.stream().mapToDouble(v -> v).toArray();
        Golden.assertClose("logits", actual.toDoubleArray(), expected, 1e-5 * Arrays.stream(expected).map(Math::abs).max().orElseThrow(),
                0);
    }

    @ParameterizedTest
    @MethodSource("names") void keys_shapes_and_logits_are_those_of_python(String name) throws Exception {
        JsonNode golden = GOLDEN.get(name);
        try (var model = build(name).eval(); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            assertThat(keys(model)).as(() -> String.join("\n", model.stateDict().keySet())).isEqualTo(golden.get("keys").asText());
            fill(model);
            assertLogits(logits(model, golden), golden.get("logits"));
            if (model instanceof Bert) assertLogits(model.forward(tokens(Golden.longs(golden.get("input")))), golden.get("unmasked"));
        }
    }

    @ParameterizedTest
    @MethodSource("small") void gradients_are_those_of_python(String name) {
        JsonNode golden = GOLDEN.get(name);
        try (var model = build(name).eval(); var scope = Scope.open()) {
            fill(model);
            logits(model, golden).square().mean().backward();
            double[] actual = model.parameters().stream().mapToDouble(p -> p.grad().to(DType.FLOAT64).norm().itemDouble()).toArray();
            double[] expected = Golden.numbers(golden.get("gradients"));
            Golden.assertClose("gradients' norms", actual, expected, 1e-6 * Arrays.stream(expected).max().orElseThrow(), 1e-4);
            model.zeroGrad();
        }
    }

    private static Tensor logits(Module model, JsonNode golden) { return model.callAll(inputs(model, golden)).getFirst(); }

    /** Returns a model in evaluation mode, with the weights of Python's numbers. The caller closes it. */
    static Module filled(String name) {
        Module model = build(name).eval();
        fill(model);
        return model;
    }

    static JsonNode golden(String name) { return GOLDEN.get(name); }

    static List<Tensor> inputs(Module model, JsonNode golden) {
        long[] shape = Golden.longs(golden.get("input"));
        if (!(model instanceof Bert)) return List.of(pattern(0, shape, false, Math.sqrt(3), 0));
        Tensor places = Aten.arange(shape[1], DType.INT64);
        Tensor types = places.ge(shape[1] / 2).to(DType.INT64).expand(shape);
        Tensor mask = places.lt(Aten.arange(shape[0], DType.INT64).mul(-2).add(shape[1]).unsqueeze(1));
        return List.of(tokens(shape), mask, types);
    }

    private static Tensor tokens(long... shape) {
        return Aten.arange(shape[0] * shape[1], DType.INT64).mul(7).add(3).remainder(VOCABULARY).reshape(shape);
    }

    @ParameterizedTest
    @MethodSource("initialized") void the_same_seed_gives_the_same_weights_to_the_bit(String name) {
        try (var model = build(name); var scope = Scope.open()) {
            var actual = new LinkedHashMap<String, Long>();
            model.namedParameters().forEach((n, p) -> {
                var crc = new CRC32();
                crc.update(p.detach().data().asByteBuffer());
                actual.put(n, crc.getValue());
            });
            var expected = new LinkedHashMap<String, Long>();
            GOLDEN.get(name).get("initial").properties().forEach(e -> expected.put(e.getKey(), e.getValue().asLong()));
            assertThat(actual).isEqualTo(expected);
        }
    }

    @ParameterizedTest
    @MethodSource("small") void a_copy_computes_the_same(String name) {
        long[] shape = Golden.longs(GOLDEN.get(name).get("input"));
        try (Module model = build(name).eval(); var copy = Module.copyOf(model); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor input = model instanceof Bert ? tokens(shape) : pattern(0, shape, false, 1, 0);
            assertThat(copy.forward(input).torchEquals(model.forward(input))).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("small") void every_parameter_gets_a_gradient_in_training(String name) {
        long[] shape = Golden.longs(GOLDEN.get(name).get("input"));
        try (var model = build(name); var scope = Scope.open()) {
            model.forward(model instanceof Bert ? tokens(shape) : pattern(0, shape, false, 1, 0)).square().sum().backward();
            model.namedParameters().forEach((n, p) -> assertThat(p.grad()).as(n).isNotNull());
            model.zeroGrad();
        }
    }

    @ParameterizedTest
    @MethodSource("names") void the_head_shares_the_networks_weights_and_mode_and_holds_what_drops(String name) {
        try (var model = build(name); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Module head = model.head();
            assertThat(model.parameters()).containsAll(head.parameters());
            assertThat(head.modules().stream().anyMatch(m -> m instanceof Dropout))
                    .isEqualTo(List.of("vgg11", "vgg11_bn", "alexnet", "nin", "all_conv", "bert").contains(name));
            model.eval();
            assertThat(model.head()).isSameAs(head).returns(false, Module::isTraining);
            for (Module m : head.modules()) if (m instanceof Dropout) m.train();
            assertThat(head.isTraining()).as("with dropout in evaluation").isFalse();
            model.train();
            assertThat(head.isTraining()).isTrue();
            if (!(model instanceof Bert || model instanceof AllConv)) return;
            try (var copy = Module.copyOf(head)) {
                assertThat(copy.stateDict().keySet()).isEqualTo(head.stateDict().keySet());
            }
        }
    }

    @Test void the_features_of_tokens_regard_no_padding() {
        try (var bert = bert(); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            bert.eval();
            Tensor ids = Torch.tensor(new long[] {5, 9, 2, 0, 0, 7, 3, 4, 8, 6}, 2, 5), logits = bert.call(ids);
            assertThat(logits.torchEquals(bert.forward(ids, ids.ne(0), null))).isTrue();
            assertThat(logits.get(0).allClose(bert.call(ids.get(slice(1), slice(3))).get(0), 1e-5, 1e-6)).isTrue();
            assertThat(logits.get(0).allClose(bert.forward(ids, null, null).get(0), 1e-5, 1e-6)).isFalse();
            assertThat(bert.callAll(List.of(ids)).getFirst().torchEquals(logits)).isTrue();
        }
    }

    @Test void what_does_not_exist_is_refused() {
        assertThatThrownBy(() -> new VGG(12, false, VGG.Head.CIFAR, CLASSES)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("11, 13, 16 or 19");
        assertThatThrownBy(() -> new CifarResNet(21, Shortcut.PAD, CLASSES)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("6n + 2");
        assertThatThrownBy(() -> Bert.options(2, 30, 4)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("4 heads do not divide 30");
        try (var bert = bert(); var scope = Scope.open()) {
            for (Tensor bad : List.of(tokens(1, 17), Aten.arange(4, DType.INT64)))
                assertThatThrownBy(() -> bert.forward(bad)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("at most 16");
        }
    }
}
