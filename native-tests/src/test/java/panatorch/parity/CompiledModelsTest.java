package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.OperatorLibrary;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.export.CompiledOptions;
import panatorch.export.CompiledProgram;
import panatorch.export.ExportedProgram;
import panatorch.export.Inputs;
import panatorch.export.Outputs;
import panatorch.export.Signature;
import panatorch.export.UnsupportedProgramException;
import panatorch.junit.NoTensorLeaks;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Safetensors;

/** Models that {@code src/test/python/compiled_models.py} compiles by AOTInductor, run here. */
@NoTensorLeaks
class CompiledModelsTest {
    private static final Path SCRIPT = Path.of("src/test/python/compiled_models.py");
    private static final double TOLERANCE = 1e-5;

    @TempDir
    static Path folder;

    @BeforeAll static void compile() throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null,
                "skipped: set PYTHON to an interpreter with torch 2.13 and safetensors; g++ is needed, too");
        Process process = new ProcessBuilder(python, SCRIPT.toString(), folder.toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        assumeTrue(status != 3, "skipped: PYTHON lacks a package or the compiler: " + output.strip());
        assertThat(status).as(output).isZero();
    }

    private static CompiledProgram load(String name) throws IOException {
        return CompiledProgram.load(folder.resolve(name + ".pt2"));
    }

    /** Returns the inputs of Python's call {@code call}. */
    private static Tensor[] inputs(String name, int call) throws IOException {
        Map<String, Tensor> saved = Safetensors.load(folder.resolve(name + ".safetensors"));
        var inputs = new ArrayList<Tensor>();
        for (int i = 0; saved.containsKey(call + ".in" + i); i++) inputs.add(saved.get(call + ".in" + i));
        return inputs.toArray(Tensor[]::new);
    }

    private static void assertOutputs(String name, int call, Outputs outputs) throws IOException {
        Map<String, Tensor> saved = Safetensors.load(folder.resolve(name + ".safetensors"));
        List<@Nullable Object> all = outputs.all();
        for (int i = 0; i < all.size(); i++) {
            Tensor expected = saved.remove(call + ".out" + i);
            if (expected == null) assertThat(all.get(i)).as(name + " output " + i).isNull();
            else assertSame(name + " output " + i, (Tensor) all.get(i), expected);
        }
        assertThat(saved.keySet()).noneMatch(k -> k.startsWith(call + ".out"));
    }

    private static void assertSame(String what, @Nullable Tensor actual, Tensor expected) {
        assertThat(actual).as(what).isNotNull();
        assertThat(actual.shape()).as(what).isEqualTo(expected.shape());
        assertThat(actual.dtype()).as(what).isEqualTo(expected.dtype());
        Tensor a = actual.to(DType.FLOAT64), e = expected.to(DType.FLOAT64);
        double largest = Math.max(e.abs().max().itemDouble(), 1e-6), difference = a.sub(e).abs().max().itemDouble();
        assertThat(difference).as(what).isLessThanOrEqualTo(TOLERANCE * largest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mlp", "mlp_graph", "words", "words_graph", "counter", "images_graph", "lookup", "gru", "bert_graph",
        "resnet18"}) void compiled_models_compute_what_they_compute_in_python(String name) throws Exception {
        try (var program = load(name); var scope = Scope.open()) {
            for (int call = 0; Safetensors.load(folder.resolve(name + ".safetensors")).containsKey(call + ".in0"); call++)
                assertOutputs(name, call, program.run(inputs(name, call)));
        }
    }

    @Test void results_have_the_structure_of_python() throws Exception {
        for (String name : List.of("words", "words_graph")) {
            try (var program = load(name); var scope = Scope.open()) {
                Outputs outputs = program.run(inputs(name, 0));
                Map<?, ?> value = (Map<?, ?>) outputs.value();
                assertThat(value).isNotNull().hasSize(2);
                assertThat(value.get("logits")).isSameAs(outputs.tensor("logits"));
                assertThat((List<?>) value.get("best")).element(1).isNull();
                assertThat(outputs.tensor("best.0").dtype()).isEqualTo(DType.INT64);
                assertThat(outputs.tensor("logits").requiresGrad()).isFalse();
            }
        }
    }

    @Test void inputs_go_by_name_too() throws Exception {
        try (var scope = Scope.open(); var words = load("words_graph"); var bert = load("bert_graph"); var bare = load("mlp")) {
            Tensor[] in = inputs("words_graph", 0);
            assertOutputs("words_graph", 0, words.run(Inputs.named("ids", in[0]).and("mask", in[1]).and("k", 3)));
            in = inputs("bert_graph", 0);
            assertOutputs("bert_graph", 0, bert.run(Inputs.named("input_ids", in[0]).and("attention_mask", in[1])));
            assertOutputs("mlp", 0, bare.run(Inputs.named("in0", inputs("mlp", 0)[0])));
        }
    }

    @Test void the_signature_tells_what_the_archive_knows() throws Exception {
        try (var graph = load("words_graph"); var bare = load("words")) {
            assertThat(graph.signature().inputs()).extracting(Signature.Value::name).containsExactly("ids", "mask", "k");
            assertThat(bare.signature().inputs()).extracting(Signature.Value::name).containsExactly("in0", "in1");
            for (CompiledProgram program : List.of(graph, bare)) {
                var first = (Signature.TensorValue) program.signature().inputs().getFirst();
                assertThat(first.dtype()).isEqualTo(DType.INT64);
                var dim = (Signature.Symbol) first.dims().getFirst();
                assertThat(dim.range()).isEqualTo(new Signature.Range(1, 64));
                assertThat(program.signature().outputs()).extracting(Signature.Value::name).containsExactly("logits", "best.0", "best.1");
                assertThat(program.metadata()).containsEntry("AOTI_DEVICE_KEY", "cpu");
            }
        }
    }

    // ---- checks before anything runs

    @Test void wrong_inputs_are_refused_by_name() throws Exception {
        for (String name : List.of("words", "words_graph")) {
            try (var scope = Scope.open(); var program = load(name)) {
                Tensor ids = Torch.zeros(DType.INT64, 3, 7), mask = Torch.ones(3, 7);
                String first = name.equals("words") ? "in0" : "ids", second = name.equals("words") ? "in1" : "mask";
                assertRefused(program, "'" + first + "' is float32", mask, mask);
                assertRefused(program, "'" + second + "': dimension 1 is 8, but it is", ids, Torch.ones(3, 8));
                assertRefused(program, "'" + first + "': dimension 0 is 65", Torch.zeros(DType.INT64, 65, 7), Torch.ones(65, 7));
                assertRefused(program, "2 dimensions", Torch.zeros(DType.INT64, 3, 7, 1), mask);
                assertRefused(program, "2 inputs, not 1", ids);
                assertRefused(program, "is a tensor, not null", ids, null);
                assertRefused(program, "is on meta", ids, mask.to(Device.META));
                assertRefused(program, "SPARSE", ids, mask.toSparse());
                assertRefused(program, "no gradients", ids, mask.clone().requiresGrad_(true));
                try (var noGrad = NoGrad.enter()) {
                    assertThat(program.run(ids, mask.clone().requiresGrad_(true)).tensor(0).requiresGrad()).isFalse();
                }
            }
        }
    }

    private static void assertRefused(CompiledProgram program, String message, @Nullable Tensor... inputs) {
        assertThatThrownBy(() -> program.run(inputs)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }

    @Test void inputs_of_another_layout_are_copied() throws Exception {
        try (var scope = Scope.open(); var mlp = load("mlp"); var images = load("images_graph"); var noGrad = NoGrad.enter()) {
            Tensor x = inputs("mlp", 0)[0];
            assertOutputs("mlp", 0, mlp.run(x.t().contiguous().t()));
            assertOutputs("mlp", 0, mlp.run(Torch.zeros(3, 16).narrow(1, 4, 8).copy_(x)));
            assertOutputs("images_graph", 0, images.run(inputs("images_graph", 0)[0].contiguous()));
        }
    }

    @Test void failing_code_is_an_exception() throws Exception {
        try (var scope = Scope.open(); var program = load("lookup")) {
            Tensor x = inputs("lookup", 0)[0];
            for (int i = 0; i < 3; i++)
                assertThatThrownBy(() -> program.run(x, Torch.tensor(new long[] {0, 1, 2, 7}))).isInstanceOf(TorchException.class);
            assertOutputs("lookup", 0, program.run(inputs("lookup", 0)));
        }
    }

    // ---- state

    @Test void buffers_change_and_results_outlive_the_program() throws Exception {
        try (var scope = Scope.open()) {
            var results = new ArrayList<Outputs>();
            try (var program = load("counter")) {
                for (int call = 0; call < 3; call++) {
                    Tensor x = inputs("counter", call)[0], before = x.clone();
                    results.add(program.run(x));
                    assertThat(Aten.equal(x, before.mul(2))).as("the code writes to its input").isTrue();
                }
                assertThat(program.weights().get("calls").max().itemLong()).isEqualTo(3);
            }
            for (int call = 0; call < 3; call++) assertOutputs("counter", call, results.get(call));
        }
    }

    @Test void weights_are_replaced() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var program = load("mlp_graph");
                var exported = ExportedProgram.load(folder.resolve("mlp_graph.pt2"))) {
            Tensor x = inputs("mlp_graph", 0)[0];
            Map<String, Tensor> weights = program.weights();
            assertThat(weights.keySet()).containsExactlyInAnyOrderElementsOf(exported.stateDict().keySet());
            weights.forEach((name, t) -> assertThat(Aten.equal(t, exported.stateDict().get(name))).as(name).isTrue());
            Map<String, Tensor> others = new LinkedHashMap<>();
            weights.forEach((name, t) -> others.put(name, Torch.randn(t.shape())));
            program.replaceWeights(others);
            exported.loadStateDict(others);
            assertSame("all", program.run(x).tensor(), exported.call(x));
            Tensor one = Torch.randn(8, 16).t(); // of other strides
            program.replaceWeights(Map.of("layers.a.weight", one));
            exported.loadStateDict(with(others, "layers.a.weight", one));
            assertSame("one", program.run(x).tensor(), exported.call(x));
            program.replaceWeights(weights);
            assertOutputs("mlp_graph", 0, program.run(x));
        }
    }

    private static Map<String, Tensor> with(Map<String, Tensor> map, String key, Tensor value) {
        var more = new LinkedHashMap<>(map);
        more.put(key, value);
        return more;
    }

    @Test void weights_that_do_not_fit_are_refused() throws Exception {
        try (var scope = Scope.open(); var program = load("mlp")) {
            for (Map.Entry<Tensor, String> wrong : Map.of(Torch.zeros(16, 9), "[16, 9]", Torch.zeros(DType.FLOAT64, 16, 8), "float64")
                    .entrySet())
                assertThatThrownBy(() -> program.replaceWeights(Map.of("layers.a.weight", wrong.getKey())))
                        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("compiled for").hasMessageContaining("[16, 8]");
            assertThatThrownBy(() -> program.replaceWeights(Map.of("a.weight", Torch.zeros(16, 8))))
                    .hasMessageContaining("no weights 'a.weight'").hasMessageContaining("layers.b.bias");
            assertOutputs("mlp", 0, program.run(inputs("mlp", 0)));
        }
    }

    // ---- operators outside of the code

    @Test void operators_of_python_are_named_or_found_in_java() throws Exception {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> load("custom")).isInstanceOf(UnsupportedProgramException.class).hasMessageContaining("halve");
            try (var library = OperatorLibrary.open("panatorch_tests")) {
                library.define("halve(Tensor x) -> Tensor");
                library.implement("halve", Device.Type.CPU, a -> a.tensor("x").div(2));
                try (var program = load("custom")) {
                    assertOutputs("custom", 0, program.run(inputs("custom", 0)));
                }
            }
        }
    }

    // ---- threads and memory

    @ParameterizedTest
    @ValueSource(ints = {1, 4}) void many_virtual_threads_get_right_answers_at_once(int runners) throws Exception {
        String name = "words_graph";
        try (var program = CompiledProgram.load(folder.resolve(name + ".pt2"), CompiledOptions.standard().runners(runners));
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Callable<Void> caller = () -> {
                for (int i = 0; i < 40; i++) {
                    try (var scope = Scope.open()) {
                        assertOutputs(name, i % 3, program.run(inputs(name, i % 3)));
                    }
                }
                return null;
            };
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < 64; i++) all.add(executor.submit(caller));
            for (Future<Void> f : all) f.get();
        }
    }

    @Test void replacing_weights_and_closing_wait_for_the_callers() throws Exception {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var executor = Executors.newFixedThreadPool(8)) {
            var program = load("mlp");
            Tensor x = inputs("mlp", 0)[0], bias = program.weights().get("layers.b.bias").clone(), first = program.run(x).tensor();
            List<Future<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) all.add(executor.submit(() -> {
                for (;;) {
                    try (var inner = Scope.open()) {
                        Tensor shift = program.run(x).tensor().sub(first);
                        double least = shift.min().itemDouble(), most = shift.max().itemDouble();
                        if (most - least > 1e-3) return false;
                    } catch (IllegalStateException closed) {
                        return closed.getMessage().contains("closed");
                    }
                }
            }));
            for (int i = 0; i < 200; i++) {
                program.replaceWeights(Map.of("layers.b.bias", bias.add(i)));
                Thread.sleep(1);
            }
            program.close();
            program.close();
            for (Future<Boolean> f : all) assertThat(f.get()).isTrue();
        }
    }

    @Test void memory_is_flat_over_many_calls() throws Exception {
        try (var scope = Scope.open(); var program = load("words")) {
            Tensor[] inputs = inputs("words", 0);
            call(program, inputs, 2_000);
            long tensors = Torch.memoryStats().liveTensors(), bytes = Torch.memoryStats().nativeHeapBytes();
            call(program, inputs, 20_000);
            assertThat(Torch.memoryStats().liveTensors()).isEqualTo(tensors);
            // Java's compiler takes and gives back some megabytes meanwhile; one kilobyte a call would be 20.
            assertThat(Torch.memoryStats().nativeHeapBytes() - bytes).isLessThan(16 << 20);
        }
    }

    private static void call(CompiledProgram program, Tensor[] inputs, int times) {
        for (int i = 0; i < times; i++) {
            try (var inner = Scope.open()) {
                program.run(inputs);
            }
        }
    }

    // ---- archives

    @Test void nothing_is_left_in_the_temporary_folder() throws Exception {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        try (var program = load("mlp"); var files = Files.list(temporary)) {
            assertThat(program.metadata()).isNotEmpty();
            assertThat(files.map(f -> f.getFileName().toString()).filter(n -> n.startsWith("panatorch-compiled-")).toList()).isEmpty();
        }
    }

    @Test void an_archive_is_either_compiled_or_exported_or_both() throws Exception {
        assertThatThrownBy(() -> ExportedProgram.load(folder.resolve("mlp.pt2"))).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("CompiledProgram.load");
        assertThatThrownBy(() -> CompiledProgram.load(folder.resolve("mlp_graph.pt2"), CompiledOptions.standard().model("other")))
                .hasMessageContaining("no model 'other', but [model]");
    }
}
