package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Aten;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.NativeObject;
import panatorch.Nn;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.jit.ScriptException;
import panatorch.jit.ScriptMethod;
import panatorch.jit.ScriptModule;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.CifarResNet;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.utils.parametrizations.Parametrizations;
import panatorch.optim.SGD;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Safetensors;

/** Scripts that Python compiled, run in Java with Python's numbers; {@code src/test/python/scripts.py} made them, and reads Java's. */
@NoTensorLeaks
class ScriptModulesTest {
    private static final Path FILES = Path.of("src/test/resources/jit");
    private static final Path PYTHON_SCRIPT = Path.of("src/test/python/scripts.py");

    @TempDir
    Path folder;

    private static ScriptModule load(String name) throws IOException { return ScriptModule.load(FILES.resolve(name)); }

    private static Map<String, Tensor> expected() throws IOException { return Safetensors.load(FILES.resolve("expected.safetensors")); }

    private static void assertClose(@Nullable Object actual, @Nullable Tensor wanted) {
        assertThat(actual).isInstanceOf(Tensor.class);
        Tensor t = (Tensor) actual;
        assertThat(t.shape()).isEqualTo(wanted.shape());
        float[] a = t.detach().contiguous().flatten().to(DType.FLOAT32).toFloatArray(),
                b = wanted.flatten().to(DType.FLOAT32).toFloatArray();
        for (int i = 0; i < a.length; i++) assertThat(a[i]).isCloseTo(b[i], org.assertj.core.data.Offset.offset(1e-5f));
    }

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

    // ---- values

    @Test void forward_takes_tensors_none_and_numbers_and_returns_pythons_numbers() throws IOException {
        try (var kinds = load("kinds.ts"); var scope = Scope.open()) {
            Map<String, Tensor> wanted = expected();
            Tensor x = wanted.get("kinds.x");
            kinds.eval();
            assertClose(kinds.forward(x), wanted.get("kinds.forward"));
            assertClose(kinds.call(x), wanted.get("kinds.forward"));
            assertClose(kinds.run(x, null, 1), wanted.get("kinds.forward"));
            assertClose(kinds.run(x, x, 3), wanted.get("kinds.scaled"));
            assertClose(kinds.method("forward").call(List.of(x), Map.of("k", 3L, "more", x)), wanted.get("kinds.scaled"));
            kinds.train();
            Torch.manualSeed(3);
            assertClose(kinds.forward(x), wanted.get("kinds.trained"));
        }
    }

    @Test void values_go_in_and_come_out_by_the_types_of_the_script() throws IOException {
        try (var kinds = load("kinds.ts"); var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[] {1, 2});
            assertThat(kinds.method("numbers").call(1, 3, true, "größer\0", new Complex(0, 2)))
                    .isEqualTo(List.of(2L, 1.5, false, "größer\0!", new Complex(-4, 0)));
            var dict = new LinkedHashMap<String, Tensor>();
            dict.put("z", x);
            dict.put("a", x.add(1));
            Map<?, ?> doubled = (Map<?, ?>) kinds.method("dicts").call(dict);
            assertThat(List.copyOf(doubled.keySet())).isEqualTo(List.of("z", "a"));
            assertClose(doubled.get("a"), Torch.tensor(new float[] {4, 6}));
            assertThat(kinds.method("dicts").call(Map.of())).isEqualTo(Map.of());
            assertThat(kinds.method("by_number").call(Map.of(7, List.of(1, 2.5), 8L, new double[] {4})))
                    .isEqualTo(Map.of(7L, 3.5, 8L, 4.0));
            List<?> lists =
                    (List<?>) kinds.method("lists").call(List.of(x, x), new long[] {1, 2}, new String[] {"p", "q"}, List.of(1, 0.5f),
                            new boolean[] {true, false, true});
            assertClose(lists.get(0), Torch.tensor(new float[] {1, 2, 1, 2}));
            assertThat(lists.subList(1, 5)).isEqualTo(List.of(List.of(2L, 3L, 1L), "p,q", 1.5, 2L));
            assertThat(kinds.method("nested").call(List.of(Map.of("a", List.of(1, 2)), Map.of("b", List.of(3))), Arrays.asList(null, 4)))
                    .isEqualTo(List.of(6L, Arrays.asList(null, 4L)));
            assertThat(kinds.method("nested").call(List.of(), List.of())).isEqualTo(Arrays.asList(null, List.of()));
            assertThat(kinds.method("either").call(5)).isEqualTo("int 5");
            assertThat(kinds.method("either").call("x")).isEqualTo("str x");
            assertThat(kinds.method("either").call(List.of(1, 2))).isEqualTo("list 2");
            List<?> moved = (List<?>) kinds.method("device").call(x, Device.CPU, DType.INT64);
            assertThat(moved.get(0)).isEqualTo(Device.CPU);
            assertThat(((Tensor) moved.get(1)).dtype()).isEqualTo(DType.INT64);
        }
    }

    @Test void tuples_are_lists_and_named_tuples_maps() throws IOException {
        try (var kinds = load("kinds.ts"); var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[] {1, 2});
            Map<?, ?> pair = (Map<?, ?>) kinds.method("tuples").call(List.of(x, List.of(5, true)));
            assertThat(List.copyOf(pair.keySet())).isEqualTo(List.of("a", "b"));
            assertClose(pair.get("a"), Torch.tensor(new float[] {6, 7}));
            assertThat(pair.get("b")).isEqualTo(5L);
            List<?> pairs = (List<?>) kinds.method("pairs").call(Map.of("a", x, "b", 3), List.of(pair, List.of(x, 9)));
            assertClose(pairs.getFirst(), Torch.tensor(new float[] {3, 6}));
            assertThat(((List<?>) pairs.get(1)).stream().map(p -> (Object) ((Map<?, ?>) p).get("b")).toList()).isEqualTo(List.of(6L, 10L));
        }
    }

    @Test void a_parameter_of_any_type_takes_every_value_and_gives_it_back() throws IOException {
        try (var kinds = load("kinds.ts"); var scope = Scope.open()) {
            ScriptMethod any = kinds.method("anything");
            for (Object value : Arrays.asList(null, 1L, 2.5, true, "text", Device.CPU, new Complex(1, 2), List.of(1L, 2L),
                    List.of(List.of("a"), List.of("b")),
                    Map.of("a", List.of(1.5)), List.of()))
                assertThat(any.call(Arrays.asList(value), Map.of())).isEqualTo(value);
            Tensor x = Torch.ones(2);
            assertThat(((Tensor) any.call(x)).torchEquals(x)).isTrue();
            assertThatThrownBy(() -> any.call(new Object())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a script has no value that is a Object, as argument 'x' of anything is");
            assertThatThrownBy(() -> any.call(List.of(1, "a"))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the elements of argument 'x' of anything have different types: [int, str]");
        }
    }

    @Test void arguments_that_do_not_fit_are_refused_before_anything_runs() throws IOException {
        try (var kinds = load("kinds.ts"); var scope = Scope.open()) {
            Tensor x = Torch.ones(4, 3);
            assertRefused(() -> kinds.run("abc"), "argument 'x' of forward must be Tensor, not a String: abc");
            assertRefused(() -> kinds.run(x, null, "2"), "argument 'k' of forward must be float, not a String: 2");
            assertRefused(() -> kinds.run(x, null, 1, 2),
                    "forward takes at most 3 arguments, not 4: forward(x: Tensor, more: Optional[Tensor] = …, k: float = …) -> Tensor");
            assertRefused(() -> kinds.run(),
                    "argument 'x' of forward is missing: forward(x: Tensor, more: Optional[Tensor] = …, k: float = …) -> Tensor");
            assertRefused(() -> kinds.method("forward").call(List.of(x), Map.of("x", x)), "argument 'x' of forward is given twice");
            assertRefused(() -> kinds.method("forward").call(List.of(x), Map.of("kk", 1)),
                    "forward has no parameters [kk]: forward(x: Tensor, more: Optional[Tensor] = …, k: float = …) -> Tensor");
            assertRefused(() -> kinds.method("numbers").call(1.5, 1, true, "", 1),
                    "argument 'i' of numbers must be int, not a Double: 1.5");
            assertRefused(() -> kinds.method("lists").call(List.of(x), List.of(1, "2"), List.of(), List.of(), List.of()),
                    "argument 'ns' of lists[1] must be int, not a String: 2");
            assertRefused(() -> kinds.method("dicts").call(Map.of("a", 1)), "argument 'd' of dicts[a] must be Tensor, not a Integer: 1");
            assertRefused(() -> kinds.method("dicts").call(Map.of(1, x)), "argument 'd' of dicts[key 1] must be str, not a Integer: 1");
            assertRefused(() -> kinds.method("tuples").call(List.of(x, List.of(1))),
                    "argument 'p' of tuples[1] must have the 2 values of Tuple[int, bool], not 1");
            assertRefused(() -> kinds.method("pairs").call(Map.of("a", x, "c", 1), List.of()),
                    "argument 'p' of pairs must have the fields [a, b], not [");
            assertRefused(() -> kinds.method("either").call(1.5),
                    "argument 'x' of either must be Union[List[int], int, str], not a Double: 1.5");
            assertRefused(() -> kinds.method("nope"), "the script has no method 'nope'; it has [");
            assertThatThrownBy(() -> kinds.run((Object) null)).isInstanceOf(NullPointerException.class)
                    .hasMessage("argument 'x' of forward is null, but its type is Tensor");
            x.close();
            assertThatThrownBy(() -> kinds.run(x)).isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
        }
    }

    private static void assertRefused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String message) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith(message);
    }

    @Test void methods_tell_their_parameters_and_results() throws IOException {
        try (var kinds = load("kinds.ts")) {
            assertThat(kinds.methods()).containsKeys("forward", "dicts", "bump").doesNotContainKey("__init__");
            ScriptMethod forward = kinds.method("forward");
            assertThat(forward.parameters()).containsExactly(new ScriptMethod.Parameter("x", "Tensor", true),
                    new ScriptMethod.Parameter("more", "Optional[Tensor]", false), new ScriptMethod.Parameter("k", "float", false));
            assertThat(forward.resultType()).isEqualTo("Tensor");
            assertThat(kinds.method("dicts").resultType()).isEqualTo("Dict[str, Tensor]");
        }
    }

    @Test void tuples_of_tensors_come_from_recurrent_networks() throws IOException {
        try (var lstm = load("lstm.ts"); var scope = Scope.open()) {
            Map<String, Tensor> wanted = expected();
            Tensor x = wanted.get("lstm.x");
            List<?> result = (List<?>) lstm.run(x);
            List<?> state = (List<?>) result.get(1);
            assertClose(result.getFirst(), wanted.get("lstm.y"));
            assertClose(state.get(0), wanted.get("lstm.h"));
            assertClose(state.get(1), wanted.get("lstm.c"));
            assertClose(((List<?>) lstm.run(x, state)).getFirst(), wanted.get("lstm.again"));
            assertThat(lstm.forwardAll(List.of(x))).hasSize(3);
            assertThatThrownBy(() -> lstm.forward(x)).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage("forward returns Tuple[Tensor, Tuple[Tensor, Tensor]], not one tensor; call run or forwardAll");
        }
    }

    // ---- errors

    @Test void an_exception_of_a_script_has_pythons_class_message_and_trace() throws IOException {
        try (var kinds = load("kinds.ts"); var scope = Scope.open()) {
            assertThat(kinds.method("bad").call(3)).isEqualTo(3L);
            assertThatThrownBy(() -> kinds.method("bad").call(-3)).isInstanceOfSatisfying(ScriptException.class, e -> {
                assertThat(e.pythonClass()).isEqualTo("builtins.ValueError");
                assertThat(e.pythonMessage()).isEqualTo("n is negative: -3");
                assertThat(e.trace()).contains("in bad", "raise ValueError(\"n is negative: \" + str(n))", "<--- HERE");
                assertThat(e).hasMessageStartingWith("bad failed: builtins.ValueError: n is negative: -3\n");
            });
            assertThatThrownBy(() -> kinds.method("bad_shape").call(Torch.ones(4))).isInstanceOfSatisfying(ScriptException.class, e -> {
                assertThat(e.pythonClass()).isEqualTo("RuntimeError");
                assertThat(e.pythonMessage()).isEqualTo("shape '[7, 7]' is invalid for input of size 4");
                assertThat(e.trace()).contains("return x.view(7, 7)");
            });
            assertThat(kinds.method("bad").call(3)).as("the thread goes on").isEqualTo(3L);
        }
    }

    @Test void operators_that_are_missing_are_named() {
        assertThatThrownBy(() -> load("missing.ts")).isInstanceOf(UnsupportedOperationException.class).hasMessage(FILES
                .resolve("missing.ts")
                + " calls operators that this libtorch does not have: others::crop, torchvision::qnms. Load the library that has them with "
                + "Operators.load, or write them in Java with OperatorLibrary; "
                + "of torchvision, only the operators for boxes, regions and deformable convolutions are here.");
    }

    @Test void files_that_are_no_scripts_are_refused_in_a_sentence() throws IOException {
        Path junk = Files.writeString(folder.resolve("junk.ts"), "this is not a model");
        assertThatThrownBy(() -> ScriptModule.load(junk)).isInstanceOf(MalformedFileException.class)
                .hasMessageEndingWith("junk.ts: it is not a file of torch.jit.save, which is a zip archive");
        byte[] whole = Files.readAllBytes(FILES.resolve("net.ts"));
        assertThatThrownBy(() -> ScriptModule.load(Arrays.copyOf(whole, whole.length / 2), null)).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("the file was truncated");
        assertThatThrownBy(() -> ScriptModule.load(Path.of("src/test/resources/serialize/zip.pt")))
                .isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("it is a file of torch.save, not of torch.jit.save");
        assertThatThrownBy(() -> ScriptModule.load(folder.resolve("none.ts"))).isInstanceOf(IOException.class)
                .hasMessageStartingWith("there is no file");
        assertThatThrownBy(() -> ScriptModule.load(folder)).isInstanceOf(IOException.class).hasMessageEndingWith("is not a file");
    }

    // ---- as a module

    @Test void parameters_buffers_and_submodules_are_pythons() throws IOException {
        try (var net = load("net.ts")) {
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
        try (var state = load("state.ts")) {
            assertThat(state.namedParameters().keySet()).containsExactly("frozen", "number", "first.weight");
            assertThat(state.stateDict().keySet()).contains("second.weight", "third.weight", "total");
            assertThat(((ScriptModule) state.namedChildren().get("third")).parameter("weight"))
                    .isSameAs(((ScriptModule) state.namedChildren().get("first")).parameter("weight"));
            assertThat(state.parameter("frozen").requiresGrad()).isFalse();
            assertThat(state.parameter("number").dtype()).isEqualTo(DType.INT64);
        }
    }

    @Test void training_in_java_gives_the_weights_of_training_in_python() throws IOException {
        try (var net = load("net.ts"); var scope = Scope.open(); var sgd = new SGD(net.parameters(), SGD.options(0.1).momentum(0.9))) {
            Map<String, Tensor> wanted = expected();
            assertThat(losses(net, sgd, wanted)).hasSize(10);
            net.stateDict().forEach((name, t) -> assertClose(t, wanted.get("net.after." + name)));
        }
    }

    private static float[] losses(ScriptModule net, SGD sgd, Map<String, Tensor> data) {
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
            assertClose(Torch.tensor(losses), data.get("net.losses"));
        }
        return losses;
    }

    @Test void a_state_dict_loads_and_parameters_can_be_replaced() throws IOException {
        try (var net = load("net.ts"); var scope = Scope.open()) {
            Map<String, Tensor> wanted = expected();
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
        try (var net = load("net.ts"); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            net.eval();
            Tensor x = expected().get("net.x");
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

    @Test void frozen_and_optimised_copies_compute_the_same() throws IOException {
        try (var net = load("net.ts"); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Map<String, Tensor> wanted = expected();
            Tensor x = wanted.get("net.x");
            assertThatThrownBy(net::freeze).isInstanceOf(IllegalStateException.class)
                    .hasMessage("a module in training mode cannot be frozen; call eval() first");
            assertThatThrownBy(net::optimizeForInference).isInstanceOf(IllegalStateException.class);
            net.eval();
            try (var frozen = net.freeze(); var fast = net.optimizeForInference(); var both = frozen.optimizeForInference()) {
                assertThat(frozen.parameters()).isEmpty();
                for (int i = 0; i < 3; i++) {
                    assertClose(frozen.forward(x), wanted.get("net.forward"));
                    assertClose(fast.forward(x), wanted.get("net.frozen"));
                    assertClose(both.forward(x), wanted.get("net.frozen"));
                }
            }
            try (var kinds = load("kinds.ts")) {
                kinds.eval();
                try (var frozen = kinds.freeze("bad", "factor")) {
                    assertThat(frozen.methods()).containsKeys("forward", "bad");
                    assertThat(frozen.attribute("factor")).isEqualTo(2.0);
                }
            }
        }
    }

    @Test void traces_and_quantised_models_run() throws IOException {
        try (var traced = load("traced.ts"); var quantized = load("quantized.ts"); var scope = Scope.open()) {
            Map<String, Tensor> wanted = expected();
            assertClose(traced.forward(wanted.get("net.x").narrow(0, 0, 2)), wanted.get("traced.forward"));
            assertClose(quantized.forward(wanted.get("quantized.x")), wanted.get("quantized.forward"));
        }
    }

    @Test void buffers_are_those_that_the_script_has_assigned() throws IOException {
        try (var state = load("state.ts"); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Map<String, Tensor> wanted = expected();
            Tensor x = Torch.tensor(new float[] {1, 2});
            assertClose(state.forward(x), wanted.get("state.once"));
            assertClose(state.buffer("total"), wanted.get("state.once"));
            assertClose(state.forward(x), wanted.get("state.twice"));
            assertClose(state.stateDict().get("total"), wanted.get("state.twice"));
            state.buffer("total").zero_();
            assertClose(state.forward(x), wanted.get("state.once"));
        }
        try (var kinds = load("kinds.ts"); var scope = Scope.open()) {
            kinds.method("bump").call();
            assertThat(((Tensor) kinds.method("bump").call()).itemLong()).isEqualTo(2);
            assertThat(kinds.buffer("count").itemLong()).isEqualTo(2);
        }
    }

    @Test void attributes_are_read_and_written_by_their_types() throws IOException {
        try (var kinds = load("kinds.ts"); var scope = Scope.open()) {
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
            assertRefused(() -> kinds.setAttribute("factor", "x"), "attribute 'factor' must be float, not a String: x");
            assertRefused(() -> kinds.setAttribute("nope", 1), "the script has no attribute 'nope'; it has [");
            assertRefused(() -> kinds.setAttribute("training", true), "call train or eval to set the mode");
            assertRefused(() -> kinds.setAttribute("linear", 1), "'linear' is a submodule, which cannot be replaced");
        }
    }

    @Test void a_submodule_runs_by_itself() throws IOException {
        try (var net = load("net.ts"); var scope = Scope.open()) {
            net.eval();
            var features = (ScriptModule) net.namedChildren().get("features");
            assertThat(features.forward(expected().get("net.x")).shape()).containsExactly(6, 4, 2, 2);
        }
    }

    @Test void objects_of_a_script_are_passed_on() throws IOException {
        try (var quantized = load("quantized.ts")) {
            var packed = ((ScriptModule) ((ScriptModule) quantized.attribute("0")).attribute("_packed_params")).attribute("_packed_params");
            try (var object = (NativeObject) packed) {
                ((ScriptModule) ((ScriptModule) quantized.attribute("0")).attribute("_packed_params")).setAttribute("_packed_params",
                        object);
            }
        }
    }

    // ---- tracing

    /** A module with a tied weight, a buffer that is not saved, a branch and two results. */
    private static final class Own extends Module {
        final Linear first = child("first", new Linear(3, 4)), second = child("second", new Linear(4, 3));
        final BatchNorm1d norm = child("norm", new BatchNorm1d(3));

        Own() {
            buffer("offset", Torch.full(new long[] {4}, 0.5), false);
            parameter("factor", Torch.ones(3));
        }

        @Override public Tensor forward(Tensor x) {
            Tensor y = second.call(Nn.gelu(first.call(x)).add(buffer("offset")));
            if (y.size(1) == 3) y = y.mul(parameter("factor"));
            return norm.call(y).add_(x.mul(2));
        }

        @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
            Tensor y = forward(inputs.getFirst());
            return inputs.size() == 1 ? List.of(y) : List.of(y, Aten.cat(List.of(y, inputs.get(1)), 1));
        }
    }

    @Test void a_traced_module_computes_what_java_does_here_and_in_python() throws IOException, InterruptedException {
        Torch.manualSeed(1);
        try (var own = new Own(); var resnet = new CifarResNet(8, CifarResNet.Shortcut.PAD, 10); var scope = Scope.open();
                var noGrad = NoGrad.enter()) {
            own.eval();
            resnet.eval();
            Tensor x = Torch.randn(5, 3), y = Torch.randn(5, 3), image = Torch.randn(2, 3, 32, 32);
            try (var one = ScriptModule.trace(own, x); var two = ScriptModule.trace(own, x, y);
                    var net = ScriptModule.trace(resnet, image)) {
                assertThat(one.stateDict().keySet()).containsExactlyInAnyOrder("offset", "factor", "first.weight", "first.bias",
                        "second.weight",
                        "second.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked");
                assertThat(one.namedParameters()).hasSize(7);
                assertThat(one.method("forward").toString()).isEqualTo("forward(input: Tensor) -> Tensor");
                Tensor other = Torch.randn(5, 3);
                assertClose(one.forward(other), own.forward(other));
                List<Tensor> both = two.forwardAll(List.of(other, y));
                assertClose(both.get(1), Aten.cat(List.of(own.forward(other), y), 1));
                own.parameter("factor").fill_(2);
                assertClose(one.forward(other), own.forward(other));
                assertClose(net.forward(image), resnet.forward(image));
                one.save(folder.resolve("one.ts"));
                net.save(folder.resolve("resnet.ts"));
                Safetensors.save(folder.resolve("traced.safetensors"),
                        Map.of("one.x", other, "one.y", own.forward(other), "resnet.x", image,
                                "resnet.y", resnet.forward(image)),
                        Map.of());
                try (var again = ScriptModule.load(folder.resolve("one.ts"))) {
                    assertClose(again.forward(other), own.forward(other));
                }
            }
        }
        python("traced");
    }

    @Test void a_traced_module_trains() {
        Torch.manualSeed(1);
        try (var own = new Own(); var scope = Scope.open()) {
            Tensor x = Torch.randn(5, 3);
            try (var traced = ScriptModule.trace(own, x)) {
                assertThat(traced.isTraining()).isTrue();
                traced.forward(x).square().sum().backward();
                Tensor gradient = own.parameter("factor").grad().clone();
                own.zeroGrad();
                own.forward(x).square().sum().backward();
                assertClose(own.parameter("factor").grad(), gradient);
            }
        }
    }

    @Test void a_trace_refuses_what_it_cannot_record() {
        try (var scope = Scope.open(); var own = new Own()) {
            Tensor x = Torch.randn(5, 3), constant = Torch.ones(2);
            var module = new Module() {
                @Override public Tensor forward(Tensor input) { return constant; }
            };
            assertThatThrownBy(() -> ScriptModule.trace(module, x)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the output does not depend on the inputs or parameters");
            assertThatThrownBy(() -> ScriptModule.trace(own, Torch.ones(5, 7))).isInstanceOf(TorchException.class);
            assertThat(x.add(x).shape()).as("nothing is recorded any more").containsExactly(5, 3);
        }
    }

    // ---- files

    @Test void bytes_streams_and_devices_load() throws IOException {
        byte[] bytes = Files.readAllBytes(FILES.resolve("kinds.ts"));
        try (var a = ScriptModule.load(bytes, null); var b = ScriptModule.load(new ByteArrayInputStream(bytes), Device.CPU);
                var scope = Scope.open()) {
            Map<String, Tensor> wanted = expected();
            a.eval();
            b.eval();
            assertClose(a.forward(wanted.get("kinds.x")), wanted.get("kinds.forward"));
            assertClose(b.forward(wanted.get("kinds.x")), wanted.get("kinds.forward"));
            assertThat(a.extraFiles()).containsOnlyKeys("labels.json", "bytes.bin");
            assertThat(a.extraFiles().get("bytes.bin")).containsExactly(0, 1, 0xff);
            assertThat(new String(a.extraFiles().get("labels.json"), StandardCharsets.UTF_8)).isEqualTo("[\"a\", \"b\"]");
        }
    }

    @Test void saved_scripts_load_again_here_and_in_python() throws IOException, InterruptedException {
        try (var scope = Scope.open(); var kinds = load("kinds.ts"); var net = load("net.ts"); var state = load("state.ts");
                var sgd = new SGD(net.parameters(), SGD.options(0.1).momentum(0.9))) {
            Map<String, Tensor> wanted = expected();
            kinds.eval();
            kinds.setAttribute("factor", 3);
            kinds.setAttribute("label", "größer");
            kinds.setAttribute("limits", List.of(4));
            kinds.setAttribute("table", Map.of("z", List.of(7)));
            kinds.setAttribute("maybe", 5);
            kinds.save(folder.resolve("kinds.ts"),
                    Map.of("labels.json", "[1]".getBytes(StandardCharsets.UTF_8), "bytes.bin", new byte[] {0, (byte) 0xfe}));
            losses(net, sgd, wanted);
            net.save(folder.resolve("net.ts"));
            try (var fresh = load("net.ts")) {
                fresh.eval();
                try (var frozen = fresh.freeze()) {
                    frozen.save(folder.resolve("frozen.ts"));
                }
            }
            try (var noGrad = NoGrad.enter()) {
                state.forward(Torch.tensor(new float[] {1, 2}));
            }
            state.save(folder.resolve("state.ts"));
            try (var again = ScriptModule.load(folder.resolve("kinds.ts")); var files = Files.list(folder)) {
                assertThat(again.isTraining()).isFalse();
                assertClose(again.forward(wanted.get("kinds.x")), wanted.get("kinds.forward"));
                assertThat(again.attribute("table")).isEqualTo(Map.of("z", List.of(7L)));
                assertThat(again.extraFiles().get("bytes.bin")).containsExactly(0, 0xfe);
                assertThat(files.map(p -> p.getFileName().toString())).containsExactlyInAnyOrder("kinds.ts", "net.ts", "frozen.ts",
                        "state.ts");
            }
        }
        python("check");
    }

    /** Has Python read the files in the folder. */
    private void python(String command) throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null, "skipped: set PYTHON to an interpreter with torch 2.13 and safetensors, which reads Java's files");
        Process check = new ProcessBuilder(python, PYTHON_SCRIPT.toString(), command, folder.toString()).redirectErrorStream(true).start();
        String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(check.waitFor()).as(said).isZero();
    }
}
