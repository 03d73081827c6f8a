package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.ExportedProgram;
import panatorch.jit.ScriptModule;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.LayerNorm;
import panatorch.nn.Module;
import panatorch.nn.functional.Reduction;
import panatorch.vision.ops.*;

/** Functions and layers of object detection against torchvision's; {@code src/test/python/vision.py} made and explains the numbers. */
@NoTensorLeaks
class VisionParityTest {
    private static final Path FILES = Path.of("src/test/resources/parity");
    private static final JsonNode PYTHON = Golden.read("vision.json");

    /** Computes a case from its options and inputs. */
    private interface Call extends BiFunction<JsonNode, SequencedMap<String, Tensor>, List<Tensor>> {}

    private static final Map<String, Call> FUNCTIONS = new TreeMap<>();
    private static final Map<String, Function<JsonNode, Module>> LAYERS = new TreeMap<>();

    static {
        FUNCTIONS.put("box_convert", (o, i) -> List.of(Boxes.boxConvert(i.get("boxes"), format(o, "source"), format(o, "target"))));
        FUNCTIONS.put("box_area", (o, i) -> List.of(Boxes.boxArea(i.get("boxes"), format(o, "format"))));
        FUNCTIONS.put("box_iou", (o, i) -> List.of(BoxIou.boxIou(i.get("boxes1"), i.get("boxes2"), format(o, "format"))));
        FUNCTIONS.put("generalized_box_iou", (o, i) -> List.of(BoxIou.generalizedBoxIou(i.get("boxes1"), i.get("boxes2"))));
        FUNCTIONS.put("distance_box_iou", (o, i) -> List.of(BoxIou.distanceBoxIou(i.get("boxes1"), i.get("boxes2"))));
        FUNCTIONS.put("complete_box_iou", (o, i) -> List.of(BoxIou.completeBoxIou(i.get("boxes1"), i.get("boxes2"))));
        FUNCTIONS.put("clip_boxes_to_image",
                (o, i) -> List.of(Boxes.clipBoxesToImage(i.get("boxes"), o.get("height").asLong(), o.get("width").asLong())));
        FUNCTIONS.put("remove_small_boxes", (o, i) -> List.of(Boxes.removeSmallBoxes(i.get("boxes"), o.get("size").asDouble())));
        FUNCTIONS.put("masks_to_boxes", (o, i) -> List.of(Boxes.masksToBoxes(i.get("masks"))));
        FUNCTIONS.put("generalized_box_iou_loss",
                (o, i) -> List.of(DetectionLosses.generalizedBoxIouLoss(i.get("boxes1"), i.get("boxes2"), reduction(o))));
        FUNCTIONS.put("distance_box_iou_loss",
                (o, i) -> List.of(DetectionLosses.distanceBoxIouLoss(i.get("boxes1"), i.get("boxes2"), reduction(o))));
        FUNCTIONS.put("complete_box_iou_loss",
                (o, i) -> List.of(DetectionLosses.completeBoxIouLoss(i.get("boxes1"), i.get("boxes2"), reduction(o))));
        FUNCTIONS.put("sigmoid_focal_loss", (o, i) -> List.of(DetectionLosses.sigmoidFocalLoss(i.get("inputs"), i.get("targets"),
                o.get("alpha").asDouble(), o.get("gamma").asDouble(), reduction(o))));
        FUNCTIONS.put("nms", (o, i) -> List.of(Nms.nms(i.get("boxes"), i.get("scores"), threshold(o))));
        FUNCTIONS.put("batched_nms", (o, i) -> List.of(Nms.batchedNms(i.get("boxes"), i.get("scores"), i.get("classes"), threshold(o))));
        FUNCTIONS.put("coordinate_trick",
                (o, i) -> List.of(Nms.batchedNmsCoordinateTrick(i.get("boxes"), i.get("scores"), i.get("classes"), threshold(o))));
        FUNCTIONS.put("vanilla", (o, i) -> List.of(Nms.batchedNmsVanilla(i.get("boxes"), i.get("scores"), i.get("classes"), threshold(o))));
        FUNCTIONS.put("roi_align", (o, i) -> List.of(RegionPooling.roiAlign(i.get("input"), i.get("boxes"), size(o), scale(o),
                o.get("ratio").asLong(), o.get("aligned").asBoolean())));
        FUNCTIONS.put("deform_conv2d",
                (o, i) -> List.of(DeformableConvolution.deformConv2d(i.get("input"), i.get("offset"), i.get("weight"),
                        i.get("bias"), longs(o, "stride"), longs(o, "padding"), longs(o, "dilation"), i.get("mask"))));
        FUNCTIONS.put("roi_pool", (o, i) -> operator("roi_pool", i.get("input"), i.get("boxes"), scale(o), size(o)[0], size(o)[1]));
        FUNCTIONS.put("ps_roi_pool", (o, i) -> operator("ps_roi_pool", i.get("input"), i.get("boxes"), scale(o), size(o)[0], size(o)[1]));
        FUNCTIONS.put("ps_roi_align", (o, i) -> operator("ps_roi_align", i.get("input"), i.get("boxes"), scale(o), size(o)[0], size(o)[1],
                o.get("ratio").asLong()));

        LAYERS.put("FrozenBatchNorm2d", o -> new FrozenBatchNorm2d(3));
        LAYERS.put("Conv2dNormActivation",
                o -> new Conv2dNormActivation(Conv2dNormActivation.options(4, 6, 3).stride(2).groups(2).dilation(2)));
        LAYERS.put("SqueezeExcitation", o -> new SqueezeExcitation(6, 2));
        LAYERS.put("MLP", o -> new MLP(MLP.options(5, 4, 3).norm(LayerNorm::new)));
        LAYERS.put("DeformConv2d", o -> new DeformConv2d(Conv2d.options(4, 6, 3).padding(1).groups(2)));
        LAYERS.put("FeaturePyramidNetwork", o -> o.get("names").size() == 4
                ? new FeaturePyramidNetwork(new long[] {3, 5, 2}, 4, new LastLevelMaxPool(), null)
                : new FeaturePyramidNetwork(new long[] {3, 5, 2}, 4, new LastLevelP6P7(2, 4), BatchNorm2d::new).eval());
        LAYERS.put("MultiScaleRoIAlign", o -> new MultiScaleRoIAlign(
                StreamSupport.stream(o.get("names").spliterator(), false).map(JsonNode::asText).toList(), size(o),
                o.get("ratio").asLong()));
        LAYERS.put("RoIAlign", o -> new RoIAlign(new long[] {3, 2}, 0.25, 2, false));
        LAYERS.put("RoIPool", o -> new RoIPool(new long[] {3, 2}, 0.5));
        LAYERS.put("PSRoIAlign", o -> new PSRoIAlign(new long[] {2, 2}, 1e-5, 2));
        LAYERS.put("PSRoIPool", o -> new PSRoIPool(new long[] {2, 2}, 0.5));
    }

    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    private static Stream<JsonNode> cases(Map<String, ?> of) {
        return StreamSupport.stream(PYTHON.spliterator(), false).filter(c -> of.containsKey(c.get("name").asText()));
    }

    private static DynamicTest test(JsonNode c, Runnable body) {
        return dynamicTest(c.get("name").asText() + c.get("options"), () -> {
            try (var scope = Scope.open()) {
                body.run();
            }
        });
    }

    @TestFactory Stream<DynamicTest> a_function_has_torchvisions_numbers_and_gradients() {
        assertThat(cases(FUNCTIONS).map(c -> c.get("name").asText()).distinct().sorted()).containsExactlyElementsOf(FUNCTIONS.keySet());
        return cases(FUNCTIONS).map(c -> test(c, () -> {
            var inputs = inputs(c);
            List<Tensor> outputs = FUNCTIONS.get(c.get("name").asText()).apply(c.get("options"), inputs);
            compare(c, outputs, inputs);
        }));
    }

    @TestFactory Stream<DynamicTest> a_layer_is_initialised_and_printed_and_computes_as_torchvisions() {
        assertThat(cases(LAYERS).map(c -> c.get("name").asText()).distinct().sorted()).containsExactlyElementsOf(LAYERS.keySet());
        return cases(LAYERS).map(c -> test(c, () -> {
            JsonNode o = c.get("options");
            if (o.has("seed")) Torch.manualSeed(o.get("seed").asLong());
            try (Module layer = LAYERS.get(c.get("name").asText()).apply(o); Module copy = Module.copyOf(layer)) {
                assertThat(layer.toString()).isEqualTo(o.get("text").asText());
                assertThat(copy.toString()).isEqualTo(o.get("text").asText());
                var state = tensors(c.get("state"));
                if (o.has("seed")) {
                    assertThat(layer.stateDict().keySet()).containsExactlyElementsOf(state.keySet());
                    state.forEach((name, t) -> assertEqual(name, layer.stateDict().get(name), c.get("state").get(name)));
                } else layer.loadStateDict(state);
                if (c.get("outputs").isEmpty()) return;
                var inputs = inputs(c);
                List<Tensor> outputs = layer instanceof MultiScaleRoIAlign pooling
                        ? List.of(pooling.forward(maps(inputs), List.of(inputs.get("boxes0"), inputs.get("boxes1")),
                                List.of(new long[] {128, 120}, new long[] {100, 128})))
                        : layer.callAll(List.copyOf(inputs.values()));
                var leaves = new LinkedHashMap<>(inputs);
                leaves.putAll(layer.namedParameters());
                compare(c, outputs, leaves);
            }
        }));
    }

    @Test void a_script_calls_torchvisions_operators() throws IOException {
        JsonNode c = program();
        try (var scope = Scope.open(); var model = ScriptModule.load(FILES.resolve("vision.ts"))) {
            var inputs = inputs(c);
            var outputs = new ArrayList<Tensor>();
            if (model.run(inputs.values().toArray()) instanceof List<?> list) list.forEach(t -> outputs.add((Tensor) t));
            var leaves = new LinkedHashMap<>(inputs);
            leaves.putAll(model.namedParameters());
            compare(c, outputs, leaves);
        }
    }

    @Test void an_exported_program_calls_torchvisions_operators() throws IOException {
        JsonNode c = program();
        try (var scope = Scope.open(); var model = ExportedProgram.load(FILES.resolve("vision.pt2"))) {
            var inputs = inputs(c);
            List<Tensor> outputs = model.forwardAll(List.copyOf(inputs.values()));
            var leaves = new LinkedHashMap<>(inputs);
            leaves.putAll(model.namedParameters());
            compare(c, outputs, leaves);
        }
    }

    private static JsonNode program() { return cases(Map.of("program", "")).findFirst().orElseThrow(); }

    private static List<Tensor> operator(String name, Object... arguments) {
        TorchvisionOperators.define("torchvision::" + name);
        return panatorch.Operators.call("torchvision::" + name, arguments).stream().map(t -> (Tensor) t).toList();
    }

    private static SequencedMap<String, Tensor> maps(SequencedMap<String, Tensor> inputs) {
        var maps = new LinkedHashMap<String, Tensor>();
        for (String name : List.of("a", "b", "c")) maps.put(name, inputs.get(name));
        return maps;
    }

    private static BoxFormat format(JsonNode o, String key) { return BoxFormat.valueOf(o.get(key).asText().toUpperCase(Locale.ROOT)); }

    private static Reduction reduction(JsonNode o) { return Reduction.valueOf(o.get("reduction").asText().toUpperCase(Locale.ROOT)); }

    private static double threshold(JsonNode o) { return o.get("threshold").asDouble(); }

    private static double scale(JsonNode o) { return o.get("scale").asDouble(); }

    private static long[] size(JsonNode o) { return longs(o, "size"); }

    private static long[] longs(JsonNode o, String key) { return Golden.longs(o.get(key)); }

    /** The inputs of a case; those that have a gradient require it. */
    private static SequencedMap<String, Tensor> inputs(JsonNode c) {
        var inputs = tensors(c.get("inputs"));
        inputs.forEach((name, t) -> { if (c.get("grads").has(name)) t.requiresGrad_(true); });
        return inputs;
    }

    private static SequencedMap<String, Tensor> tensors(JsonNode node) {
        var all = new LinkedHashMap<String, Tensor>();
        node.properties().forEach(e -> all.put(e.getKey(), tensor(e.getValue())));
        return all;
    }

    private static DType dtype(JsonNode node) { return DType.valueOf(node.get("dtype").asText().toUpperCase(Locale.ROOT)); }

    private static Tensor tensor(JsonNode node) {
        return Torch.tensor(Golden.numbers(node.get("values"))).to(dtype(node)).reshape(Golden.longs(node.get("shape")));
    }

    private static void compare(JsonNode c, List<Tensor> outputs, Map<String, Tensor> leaves) {
        JsonNode expected = c.get("outputs"), grads = c.get("grads");
        assertThat(outputs).hasSize(expected.size());
        for (int i = 0; i < expected.size(); i++) assertEqual("output " + i, outputs.get(i), expected.get(i));
        if (grads.isEmpty()) return;
        Tensor loss = Torch.zeros(DType.FLOAT64);
        for (Tensor y : outputs) {
            if (!y.requiresGrad()) continue;
            Tensor weights = Torch.arange(y.numel(), DType.FLOAT64).cos().reshape(y.shape());
            loss = loss.add(y.to(DType.FLOAT64).mul(weights).sum());
        }
        var names = new ArrayList<String>();
        grads.fieldNames().forEachRemaining(names::add);
        var found = Autograd.grad(List.of(loss), names.stream().map(leaves::get).toList(), null, false, false);
        for (int i = 0; i < names.size(); i++) assertEqual("gradient by " + names.get(i), found.get(i), grads.get(names.get(i)));
    }

    /** Shape, type and every element: relative to the largest of 1 and the element, as sums of larger terms may cancel out. */
    private static void assertEqual(String what, Tensor actual, JsonNode expected) {
        assertThat(actual.shape()).as(what).isEqualTo(Golden.longs(expected.get("shape")));
        assertThat(actual.dtype()).as(what).isEqualTo(dtype(expected));
        double[] own = actual.detach().to(DType.FLOAT64).reshape(-1).toDoubleArray(), python = Golden.numbers(expected.get("values"));
        double tolerance = dtype(expected).isFloatingPoint() ? dtype(expected) == DType.FLOAT64 ? 1e-12 : 1e-5 : 0;
        for (int i = 0; i < own.length; i++) {
            if (!(Math.abs(own[i] - python[i]) <= tolerance * Math.max(1, Math.abs(python[i]))))
                throw new AssertionError(what + "[" + i + "] is " + own[i] + " and should be " + python[i]);
        }
    }
}
