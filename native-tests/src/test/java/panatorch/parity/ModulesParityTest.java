package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;
import panatorch.serialize.Safetensors;

/**
 * Every module against Python's numbers, on PyTorch's own samples: text, state dict, initial values, outputs, gradients and buffers.
 * {@code src/test/python/modules.py} made and explains them; {@link ModuleTable} says what Python's arguments are in Java.
 */
@NoTensorLeaks
class ModulesParityTest {
    private static final double TOLERANCE = 2e-5;
    private static Map<String, Tensor> tensors;

    @BeforeAll static void the_same_instructions_and_the_tensors() throws Exception {
        Golden.assumeSameInstructions();
        tensors = Safetensors
                .load(Path.of(Objects.requireNonNull(ModulesParityTest.class.getResource("/parity/modules.safetensors")).toURI()));
    }

    @AfterAll static void the_tensors_are_closed() {
        if (tensors != null) tensors.values().forEach(Tensor::close);
    }

    /** By the beginning of a module's name, why it has no case. */
    private static final Map<String, String> WITHOUT = Map.of(
            "Lazy", "a module that finds its sizes at the first call is not in Java: sizes are options",
            "LinearCrossEntropyLoss", "new in PyTorch 2.13, and not in Java yet",
            "SyncBatchNorm", "a conversion of BatchNorm in Java, which SyncBatchNormTest checks",
            "CrossMapLRN2d", "a relic of Lua's Torch; LocalResponseNorm is the same",
            "Upsampling", "deprecated for Upsample",
            "NLLLoss2d", "deprecated for NLLLoss",
            "RNNBase", "not a module by itself",
            "RNNCellBase", "not a module by itself",
            "Module", "containers have tests of their own",
            "Container", "deprecated for Module");
    private static final List<String> CONTAINERS = List.of("ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential");

    static List<JsonNode> lines() throws IOException {
        var json = new ObjectMapper();
        try (var in = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Objects.requireNonNull(ModulesParityTest.class.getResourceAsStream("/parity/modules.jsonl.gz"))),
                StandardCharsets.UTF_8))) {
            List<JsonNode> lines = new ArrayList<>();
            for (String line = in.readLine(); line != null; line = in.readLine()) lines.add(json.readTree(line));
            return lines;
        }
    }

    @Test void every_module_of_python_has_cases_or_a_reason_to_have_none() throws IOException {
        var lines = lines();
        Set<String> tried = lines.stream().skip(1).map(c -> c.get("module").asText()).collect(Collectors.toSet());
        for (JsonNode n : lines.getFirst().get("torch.nn")) {
            String name = n.asText();
            boolean excused = CONTAINERS.contains(name) || WITHOUT.keySet().stream().anyMatch(name::startsWith);
            assertThat(tried.contains(name) != excused).as(name + " is either tried or excused").isTrue();
        }
    }

    @TestFactory Stream<DynamicTest> a_module_is_that_of_python() throws IOException {
        return lines().stream().skip(1).map(c -> DynamicTest.dynamicTest(
                c.get("module").asText() + " " + c.get("case") + (c.get("training").asBoolean() ? "" : " in evaluation"), () -> {
                    try (var scope = Scope.open()) {
                        replay(c);
                    }
                }));
    }

    static Tensor stored(String name) { return tensors.get(name).clone(); }

    /** Returns the module of a case with Python's weights, in the case's mode. The caller closes it. */
    static Module built(JsonNode c) {
        Module module = ModuleTable.build(c.get("module").asText(), new Arguments(c.get("args"), ModulesParityTest::stored)).module();
        module.train(c.get("training").asBoolean());
        var state = new LinkedHashMap<String, Tensor>();
        c.get("state").properties().forEach(e -> state.put(e.getKey(), stored(e.getValue().asText())));
        module.loadStateDict(state);
        return module;
    }

    private static void replay(JsonNode c) {
        String name = c.get("module").asText();
        Torch.manualSeed(1);
        var built = ModuleTable.build(name, new Arguments(c.get("args"), ModulesParityTest::stored));
        try (Module module = built.module()) {
            module.train(c.get("training").asBoolean());
            assertThat(module.toString()).isEqualTo(c.get("repr").asText());
            var state = new LinkedHashMap<String, Tensor>();
            c.get("state").properties().forEach(e -> state.put(e.getKey(), stored(e.getValue().asText())));
            assertThat(module.stateDict().keySet()).containsExactlyElementsOf(state.keySet());
            if (c.get("seeded").asBoolean())
                module.stateDict()
                        .forEach((key, t) -> assertThat(t.torchEquals(state.get(key))).as("initial " + key + " to the bit").isTrue());
            module.loadStateDict(state);
            try (Module copy = Module.copyOf(module)) {
                assertThat(copy.toString()).isEqualTo(module.toString());
                copy.stateDict().forEach((key, t) -> assertThat(t.torchEquals(state.get(key))).as("copied " + key).isTrue());
            }
            compute(c, built);
        }
    }

    private static void compute(JsonNode c, ModuleTable.Built built) {
        List<Tensor> inputs = new ArrayList<>();
        var wanted = new LinkedHashMap<String, Tensor>(built.module().namedParameters());
        for (JsonNode id : c.get("inputs")) {
            String key = "input " + inputs.size();
            Tensor t = id.isNull() ? null : given(stored(id.asText()));
            if (c.get("gradients").has(key)) wanted.put(key, t.requiresGrad_(true));
            inputs.add(t);
        }
        Torch.manualSeed(2);
        List<Tensor> outputs = built.forward().apply(inputs).stream().filter(Objects::nonNull).toList();
        assertThat(outputs).hasSize(c.get("outputs").size());
        Tensor loss = null;
        for (int i = 0; i < outputs.size(); i++) {
            Tensor o = outputs.get(i);
            assertPrint("output " + i, o, c.get("outputs").get(i));
            if (!o.requiresGrad()) continue;
            Tensor sum = o.mul(Aten.arange(o.numel()).to(DType.FLOAT64).cos().to(DType.FLOAT32).reshape(o.shape())).sum();
            loss = loss == null ? sum : loss.add(sum);
        }
        if (loss != null) loss.backward();
        for (var e : c.get("gradients").properties())
            assertPrint("gradient of " + e.getKey(), Objects.requireNonNull(wanted.get(e.getKey()).grad(), e.getKey()), e.getValue());
        for (var e : c.get("after").properties())
            assertPrint(e.getKey() + " after", built.module().namedBuffers().get(e.getKey()), e.getValue());
    }

    /** Masks were boolean. */
    static Tensor given(Tensor t) { return t.dtype() == DType.UINT8 ? t.to(DType.BOOL) : t; }

    private static void assertPrint(String what, Tensor t, JsonNode expected) {
        assertThat(t.shape()).as(what + "'s shape").isEqualTo(Golden.longs(expected.get("shape")));
        double[] print = tensors.get(expected.get("print").asText()).toDoubleArray(), all = t.to(DType.FLOAT64).toDoubleArray();
        double squares = 0, dot = 0, largest = 0;
        for (int i = 0; i < all.length; i++) {
            squares += all[i] * all[i];
            dot += all[i] * Math.cos(i);
            if (Double.isFinite(all[i])) largest = Math.max(largest, Math.abs(all[i]));
        }
        double norm = Math.max(1, Double.isFinite(print[0]) ? print[0] : 1);
        assertNear(what + "'s norm", Math.sqrt(squares), print[0], norm);
        assertNear(what + "'s projection", dot, print[1], norm);
        int stride = Math.max(1, (all.length + 13) / 14);
        for (int i = 0; i * stride < all.length; i++)
            assertNear(what + "[" + i * stride + "]", all[i * stride], print[i + 2], Math.max(1, largest));
    }

    private static void assertNear(String what, double actual, double expected, double scale) {
        boolean near = Double.compare((float) actual, (float) expected) == 0 || Math.abs(actual - expected) <= TOLERANCE * scale;
        if (!near) throw new AssertionError(what + " is " + actual + " and should be " + expected);
    }
}
