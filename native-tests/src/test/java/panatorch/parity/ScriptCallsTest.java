package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.NativeObject;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.jit.ScriptException;
import panatorch.jit.ScriptMethod;
import panatorch.jit.ScriptModule;
import panatorch.junit.NoTensorLeaks;

/** Calls of scripts that Python compiled, with its numbers, values of all kinds and its exceptions. */
@NoTensorLeaks
class ScriptCallsTest {
    // ---- values

    @Test void forward_takes_tensors_none_and_numbers_and_returns_pythons_numbers() throws IOException {
        try (var kinds = Scripts.load("kinds.ts"); var scope = Scope.open()) {
            Map<String, Tensor> wanted = Scripts.expected();
            Tensor x = wanted.get("kinds.x");
            kinds.eval();
            Scripts.assertClose(kinds.forward(x), wanted.get("kinds.forward"));
            Scripts.assertClose(kinds.call(x), wanted.get("kinds.forward"));
            Scripts.assertClose(kinds.run(x, null, 1), wanted.get("kinds.forward"));
            Scripts.assertClose(kinds.run(x, x, 3), wanted.get("kinds.scaled"));
            Scripts.assertClose(kinds.method("forward").call(List.of(x), Map.of("k", 3L, "more", x)), wanted.get("kinds.scaled"));
            kinds.train();
            Torch.manualSeed(3);
            Scripts.assertClose(kinds.forward(x), wanted.get("kinds.trained"));
        }
    }

    @Test void values_go_in_and_come_out_by_the_types_of_the_script() throws IOException {
        try (var kinds = Scripts.load("kinds.ts"); var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[] {1, 2});
            assertThat(kinds.method("numbers").call(1, 3, true, "größer\0", new Complex(0, 2)))
                    .isEqualTo(List.of(2L, 1.5, false, "größer\0!", new Complex(-4, 0)));
            var dict = new LinkedHashMap<String, Tensor>();
            dict.put("z", x);
            dict.put("a", x.add(1));
            Map<?, ?> doubled = (Map<?, ?>) kinds.method("dicts").call(dict);
            assertThat(List.copyOf(doubled.keySet())).isEqualTo(List.of("z", "a"));
            Scripts.assertClose(doubled.get("a"), Torch.tensor(new float[] {4, 6}));
            assertThat(kinds.method("dicts").call(Map.of())).isEqualTo(Map.of());
            assertThat(kinds.method("by_number").call(Map.of(7, List.of(1, 2.5), 8L, new double[] {4})))
                    .isEqualTo(Map.of(7L, 3.5, 8L, 4.0));
            List<?> lists =
                    (List<?>) kinds.method("lists").call(List.of(x, x), new long[] {1, 2}, new String[] {"p", "q"}, List.of(1, 0.5f),
                            new boolean[] {true, false, true});
            Scripts.assertClose(lists.get(0), Torch.tensor(new float[] {1, 2, 1, 2}));
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
        try (var kinds = Scripts.load("kinds.ts"); var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[] {1, 2});
            Map<?, ?> pair = (Map<?, ?>) kinds.method("tuples").call(List.of(x, List.of(5, true)));
            assertThat(List.copyOf(pair.keySet())).isEqualTo(List.of("a", "b"));
            Scripts.assertClose(pair.get("a"), Torch.tensor(new float[] {6, 7}));
            assertThat(pair.get("b")).isEqualTo(5L);
            List<?> pairs = (List<?>) kinds.method("pairs").call(Map.of("a", x, "b", 3), List.of(pair, List.of(x, 9)));
            Scripts.assertClose(pairs.getFirst(), Torch.tensor(new float[] {3, 6}));
            assertThat(((List<?>) pairs.get(1)).stream().map(p -> (Object) ((Map<?, ?>) p).get("b")).toList()).isEqualTo(List.of(6L, 10L));
        }
    }

    @Test void a_parameter_of_any_type_takes_every_value_and_gives_it_back() throws IOException {
        try (var kinds = Scripts.load("kinds.ts"); var scope = Scope.open()) {
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
        try (var kinds = Scripts.load("kinds.ts"); var scope = Scope.open()) {
            Tensor x = Torch.ones(4, 3);
            Scripts.assertRefused(() -> kinds.run("abc"), "argument 'x' of forward must be Tensor, not a String: abc");
            Scripts.assertRefused(() -> kinds.run(x, null, "2"), "argument 'k' of forward must be float, not a String: 2");
            Scripts.assertRefused(() -> kinds.run(x, null, 1, 2),
                    "forward takes at most 3 arguments, not 4: forward(x: Tensor, more: Optional[Tensor] = …, k: float = …) -> Tensor");
            Scripts.assertRefused(() -> kinds.run(),
                    "argument 'x' of forward is missing: forward(x: Tensor, more: Optional[Tensor] = …, k: float = …) -> Tensor");
            Scripts.assertRefused(() -> kinds.method("forward").call(List.of(x), Map.of("x", x)), "argument 'x' of forward is given twice");
            Scripts.assertRefused(() -> kinds.method("forward").call(List.of(x), Map.of("kk", 1)),
                    "forward has no parameters [kk]: forward(x: Tensor, more: Optional[Tensor] = …, k: float = …) -> Tensor");
            Scripts.assertRefused(() -> kinds.method("numbers").call(1.5, 1, true, "", 1),
                    "argument 'i' of numbers must be int, not a Double: 1.5");
            Scripts.assertRefused(() -> kinds.method("lists").call(List.of(x), List.of(1, "2"), List.of(), List.of(), List.of()),
                    "argument 'ns' of lists[1] must be int, not a String: 2");
            Scripts.assertRefused(() -> kinds.method("dicts").call(Map.of("a", 1)),
                    "argument 'd' of dicts[a] must be Tensor, not a Integer: 1");
            Scripts.assertRefused(() -> kinds.method("dicts").call(Map.of(1, x)),
                    "argument 'd' of dicts[key 1] must be str, not a Integer: 1");
            Scripts.assertRefused(() -> kinds.method("tuples").call(List.of(x, List.of(1))),
                    "argument 'p' of tuples[1] must have the 2 values of Tuple[int, bool], not 1");
            Scripts.assertRefused(() -> kinds.method("pairs").call(Map.of("a", x, "c", 1), List.of()),
                    "argument 'p' of pairs must have the fields [a, b], not [");
            Scripts.assertRefused(() -> kinds.method("either").call(1.5),
                    "argument 'x' of either must be Union[List[int], int, str], not a Double: 1.5");
            Scripts.assertRefused(() -> kinds.method("nope"), "the script has no method 'nope'; it has [");
            assertThatThrownBy(() -> kinds.run((Object) null)).isInstanceOf(NullPointerException.class)
                    .hasMessage("argument 'x' of forward is null, but its type is Tensor");
            x.close();
            assertThatThrownBy(() -> kinds.run(x)).isInstanceOf(IllegalStateException.class).hasMessageContaining("is closed");
        }
    }

    @Test void methods_tell_their_parameters_and_results() throws IOException {
        try (var kinds = Scripts.load("kinds.ts")) {
            assertThat(kinds.methods()).containsKeys("forward", "dicts", "bump").doesNotContainKey("__init__");
            ScriptMethod forward = kinds.method("forward");
            assertThat(forward.parameters()).containsExactly(new ScriptMethod.Parameter("x", "Tensor", true),
                    new ScriptMethod.Parameter("more", "Optional[Tensor]", false), new ScriptMethod.Parameter("k", "float", false));
            assertThat(forward.resultType()).isEqualTo("Tensor");
            assertThat(kinds.method("dicts").resultType()).isEqualTo("Dict[str, Tensor]");
        }
    }

    @Test void tuples_of_tensors_come_from_recurrent_networks() throws IOException {
        try (var lstm = Scripts.load("lstm.ts"); var scope = Scope.open()) {
            Map<String, Tensor> wanted = Scripts.expected();
            Tensor x = wanted.get("lstm.x");
            List<?> result = (List<?>) lstm.run(x);
            List<?> state = (List<?>) result.get(1);
            Scripts.assertClose(result.getFirst(), wanted.get("lstm.y"));
            Scripts.assertClose(state.get(0), wanted.get("lstm.h"));
            Scripts.assertClose(state.get(1), wanted.get("lstm.c"));
            Scripts.assertClose(((List<?>) lstm.run(x, state)).getFirst(), wanted.get("lstm.again"));
            assertThat(lstm.forwardAll(List.of(x))).hasSize(3);
            assertThatThrownBy(() -> lstm.forward(x)).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage("forward returns Tuple[Tensor, Tuple[Tensor, Tensor]], not one tensor; call run or forwardAll");
        }
    }

    // ---- errors

    @Test void an_exception_of_a_script_has_pythons_class_message_and_trace() throws IOException {
        try (var kinds = Scripts.load("kinds.ts"); var scope = Scope.open()) {
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

    @Test void objects_of_a_script_are_passed_on() throws IOException {
        try (var quantized = Scripts.load("quantized.ts")) {
            var packed = ((ScriptModule) ((ScriptModule) quantized.attribute("0")).attribute("_packed_params")).attribute("_packed_params");
            try (var object = (NativeObject) packed) {
                ((ScriptModule) ((ScriptModule) quantized.attribute("0")).attribute("_packed_params")).setAttribute("_packed_params",
                        object);
            }
        }
    }
}
