package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.AdaptiveAvgPool2d;
import panatorch.nn.AvgPool2d;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.NormOptions;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;
import panatorch.optim.SGD;

/** Layers, losses and SGD against Python's numbers; {@code src/test/python/layers_parity.py} made and explains them. */
@NoTensorLeaks
class LayersParityTest {
    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    @TestFactory Stream<DynamicTest> a_layer_computes_what_python_computes() {
        return StreamSupport.stream(Golden.read("layers.json").spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> {
                    try (var scope = Scope.open()) {
                        replay(c);
                    }
                }));
    }

    private static void replay(JsonNode c) {
        Map<String, Tensor> inputs = inputs(c);
        JsonNode o = c.get("options");
        switch (c.get("kind").asText()) {
            case "sgd" -> sgd(c, inputs.get("p"));
            case "cross_entropy" -> outcome(c, inputs, Map.of(), x -> crossEntropy(o).apply(x, inputs.get("target")));
            case "dropout" -> {
                Torch.manualSeed(c.get("call_seed").asLong());
                outcome(c, inputs, Map.of(), new Dropout(o.path("p").asDouble(0.5))::forward);
            }
            case "batch_norm2d" -> batchNorm(c, inputs);
            default -> {
                if (c.has("init_seed")) Torch.manualSeed(c.get("init_seed").asLong());
                try (var layer = layer(c.get("kind").asText(), o)) {
                    assertExact(layer.namedParameters(), c.path("parameters"));
                    outcome(c, inputs, layer.namedParameters(), layer::forward);
                }
            }
        }
    }

    /** Draws the inputs as Python did, and checks that they are the same. */
    private static Map<String, Tensor> inputs(JsonNode c) {
        Torch.manualSeed(c.get("seed").asLong());
        var inputs = new LinkedHashMap<String, Tensor>();
        for (var e : c.get("inputs").properties()) {
            long[] shape = Golden.longs(e.getValue().get("shape"));
            boolean normal = e.getValue().get("draw").asText().equals("randn");
            Tensor drawn = normal ? Aten.randn(shape) : Aten.randint(e.getValue().get("high").asLong(), shape, DType.INT64);
            Tensor expected = Golden.tensor(e.getValue());
            if (!c.path("options").has("ignore_index") || normal) assertThat(drawn.torchEquals(expected)).as(e.getKey()).isTrue();
            inputs.put(e.getKey(), normal ? drawn.requiresGrad_(true) : expected);
        }
        return inputs;
    }

    private static Module layer(String kind, JsonNode o) {
        return switch (kind) {
            case "linear" -> new Linear(o.get("in_features").asLong(), o.get("out_features").asLong(), o.path("bias").asBoolean(true));
            case "conv2d" ->
                    new Conv2d(Conv2d.options(o.get("in_channels").asLong(), o.get("out_channels").asLong(), pair(o.get("kernel_size"), 0))
                            .stride(pair(o.path("stride"), 1)).padding(pair(o.path("padding"), 0)).dilation(pair(o.path("dilation"), 1))
                            .groups(o.path("groups").asLong(1)).bias(o.path("bias").asBoolean(true)));
            case "max_pool2d" -> new MaxPool2d(kernel(o), stride(o), o.path("padding").asLong(), o.path("ceil_mode").asBoolean());
            case "avg_pool2d" -> new AvgPool2d(kernel(o), stride(o), o.path("padding").asLong(), o.path("ceil_mode").asBoolean(),
                    o.path("count_include_pad").asBoolean(true));
            case "adaptive_avg_pool2d" -> new AdaptiveAvgPool2d(pair(o.get("output_size"), 0));
            default -> throw new AssertionError("unknown kind " + kind);
        };
    }

    private static long kernel(JsonNode o) { return o.get("kernel_size").asLong(); }

    private static long stride(JsonNode o) { return o.path("stride").asLong(kernel(o)); }

    private static long[] pair(JsonNode value, long fallback) {
        return value.isArray() ? Golden.longs(value) : new long[] {value.asLong(fallback)};
    }

    private static CrossEntropy crossEntropy(JsonNode o) {
        return CrossEntropy.mean().reduction(Reduction.valueOf(o.path("reduction").asText("mean").toUpperCase(java.util.Locale.ROOT)))
                .labelSmoothing(o.path("label_smoothing").asDouble(0)).ignoreIndex(o.path("ignore_index").asLong(-100))
                .weight(o.has("weight") ? Torch.tensor(Golden.numbers(o.get("weight"))).to(DType.FLOAT32) : null);
    }

    private static void batchNorm(JsonNode c, Map<String, Tensor> inputs) {
        JsonNode o = c.get("options");
        Double momentum =
                !o.has("momentum") ? Double.valueOf(0.1) : o.get("momentum").isNull() ? null : (Double) o.get("momentum").asDouble();
        try (var layer = new BatchNorm2d(new NormOptions(o.get("num_features").asLong(), o.path("eps").asDouble(1e-5), momentum,
                o.path("affine").asBoolean(true), o.path("track_running_stats").asBoolean(true), true))) {
            assertExact(layer.namedParameters(), c.path("parameters"));
            boolean evaluated = !c.get("training").asBoolean();
            var trained = inputs.entrySet().stream().filter(e -> !e.getKey().equals("x")).map(Map.Entry::getValue).toList();
            for (Tensor x : evaluated ? trained : trained.subList(0, trained.size() - 1)) layer.forward(x);
            if (evaluated) layer.eval();
            Tensor last = evaluated ? inputs.get("x") : trained.getLast();
            outcome(c, Map.of("x", last), layer.namedParameters(), layer::forward);
            layer.namedBuffers().forEach((name, b) -> assertTensor(name, b, c.get("buffers").get(name)));
        }
    }

    /** Output, and the gradients of its sum weighted by cosines. */
    private static void outcome(JsonNode c, Map<String, Tensor> inputs, Map<String, Tensor> parameters, Function<Tensor, Tensor> forward) {
        Tensor output = forward.apply(inputs.get("x"));
        if (c.get("kind").asText().equals("dropout")) assertThat(output.torchEquals(Golden.tensor(c.get("output")))).isTrue();
        assertTensor("output", output, c.get("output"));
        output.mul(Aten.arange(output.numel()).to(DType.FLOAT64).cos().to(DType.FLOAT32).reshape(output.shape())).sum().backward();
        for (var e : c.get("gradients").properties()) {
            Tensor of = parameters.getOrDefault(e.getKey(), inputs.get(e.getKey()));
            assertTensor("gradient of " + e.getKey(), of.grad(), e.getValue());
        }
    }

    private static void sgd(JsonNode c, Tensor p) {
        JsonNode o = c.get("options");
        Tensor weights = Aten.arange(p.numel()).to(DType.FLOAT32).div(4).add(1).reshape(p.shape());
        try (var sgd = new SGD(List.of(p),
                SGD.options(o.get("lr").asDouble()).momentum(o.path("momentum").asDouble()).weightDecay(o.path("weight_decay").asDouble())
                        .dampening(o.path("dampening").asDouble()).nesterov(o.path("nesterov").asBoolean()))) {
            for (JsonNode expected : c.get("trajectory")) {
                p.mul(p).mul(weights).sum().mul(0.5).backward();
                sgd.step();
                sgd.zeroGrad();
                assertTensor("p", p, expected);
            }
        }
    }

    private static void assertExact(Map<String, Tensor> actual, JsonNode expected) {
        assertThat(actual).hasSize(expected.size());
        actual.forEach((name, t) -> assertThat(t.torchEquals(Golden.tensor(expected.get(name)))).as("initial " + name).isTrue());
    }

    private static void assertTensor(String what, Tensor actual, JsonNode expected) {
        assertThat(actual.shape()).as(what).isEqualTo(Golden.longs(expected.get("shape")));
        Golden.assertClose(what, actual.toDoubleArray(), Golden.numbers(expected.get("values")), 1e-5, 1e-5);
    }
}
