package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Operators that are written in Java and called through libtorch's dispatcher. */
class JavaOperatorsTest extends OperatorsOfOurOwn {
    // ---- calls

    @Test void a_kernel_computes_what_the_same_expression_of_operators_computes() {
        defineScaledAdd();
        Tensor x = Aten.randn(3, 4), y = Aten.randn(4);
        assertThat(Aten.equal(call("my::scaled_add", x, y, 0.5), x.add(y.mul(0.5)))).isTrue();
    }

    @Test void arguments_with_defaults_may_be_left_out() {
        defineScaledAdd();
        assertThat(call("my::scaled_add", t(1, 2), t(3, 4)).toDoubleArray()).containsExactly(4, 6);
        assertThatThrownBy(() -> call("my::scaled_add", t(1))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("my::scaled_add takes 3 arguments");
        assertThat(call("aten::add.Tensor", t(1), t(2)).toDoubleArray()).containsExactly(3);
        assertThat(call("aten::avg_pool1d", Torch.ones(DType.FLOAT32, 1, 1, 4), List.of(2)).shape()).containsExactly(1, 1, 2);
    }

    /** What a kernel returns for an argument it was called with, and what comes back. */
    private Object round(String type, Function<OperatorArguments, Object> read, Object value) {
        try (var library = OperatorLibrary.open("round")) {
            library.define("trip(" + type + " v, Tensor here) -> " + type).implement("trip", Device.Type.CPU,
                    a -> a.has("v") ? read.apply(a) : null);
            return Operators.call("round::trip", value, t(0)).getFirst();
        }
    }

    @Test void every_type_of_argument_goes_in_and_out() {
        assertThat(((Tensor) round("Tensor", a -> a.tensor("v"), t(1, 2))).toDoubleArray()).containsExactly(1, 2);
        assertThat(round("int", a -> a.integer("v"), Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
        assertThat(round("SymInt", a -> a.integer("v"), 7)).isEqualTo(7L);
        assertThat(round("float", a -> a.real("v"), -0.1)).isEqualTo(-0.1);
        assertThat(round("bool", a -> a.bool("v"), true)).isEqualTo(true);
        assertThat(round("str", a -> a.string("v"), "größer, with spaces and 中文")).isEqualTo("größer, with spaces and 中文");
        assertThat(round("str", a -> a.string("v"), "")).isEqualTo("");
        for (Number n : new Number[] {3L, 2.5, new Complex(1, -2)}) assertThat(round("Scalar", a -> a.number("v"), n)).isEqualTo(n);
        assertThat(round("ScalarType", a -> a.dtype("v"), DType.BFLOAT16)).isEqualTo((long) DType.BFLOAT16.code());
        assertThat(round("Layout", a -> a.layout("v"), Layout.SPARSE_CSR)).isEqualTo(2L);
        assertThat(round("MemoryFormat", a -> a.memoryFormat("v"), MemoryFormat.CHANNELS_LAST)).isEqualTo(2L);
        assertThat(round("Device", a -> a.device("v"), Device.cuda(1))).isEqualTo(Device.cuda(1));
        assertThat(round("Device", a -> a.device("v"), Device.CPU)).isEqualTo(Device.CPU);
        try (var generator = Generator.of(5); var back = (Generator) round("Generator", a -> a.generator("v"), generator)) {
            back.manualSeed(9);
            assertThat(Aten.equal(generator.state(), back.state())).isTrue();
        }
    }

    @Test void lists_of_every_type_go_in_and_out() {
        assertThat(round("int[]", a -> a.integers("v"), new long[] {1, -2})).isEqualTo(List.of(1L, -2L));
        assertThat(round("SymInt[]", a -> a.integers("v"), new long[] {3})).isEqualTo(List.of(3L));
        assertThat(round("int[]", a -> a.integers("v"), new long[0])).isEqualTo(List.of());
        assertThat(round("float[]", a -> a.reals("v"), new double[] {0.5, 2})).isEqualTo(List.of(0.5, 2.0));
        assertThat(round("bool[]", a -> a.bools("v"), new boolean[] {true, false})).isEqualTo(List.of(true, false));
        assertThat(round("Scalar[]", a -> a.numbers("v"), List.of(1L, 2.5))).isEqualTo(List.of(1L, 2.5));
        var optional = Arrays.asList(0.5, null, 2L, new Complex(1, -2));
        assertThat(round("Scalar?[]", a -> a.all().getFirst(), optional)).isEqualTo(optional);
        assertThat(round("Scalar?[]", a -> a.all().getFirst(), List.of())).isEqualTo(List.of());
        assertThat(round("str[]", a -> a.strings("v"), List.of("a", "b"))).isEqualTo(List.of("a", "b"));
        assertThat(tensors(round("Tensor[]", a -> a.tensors("v"), List.of(t(1), t(2))))).containsExactly(1.0, 2.0);
        assertThat(tensors(round("Tensor?[]", a -> a.tensors("v"), Arrays.asList(t(1), null, t(3))))).containsExactly(1.0, null, 3.0);
    }

    @Test void optional_arguments_go_in_and_out_present_or_not() {
        for (String type : List.of("Tensor?", "int?", "float?", "bool?", "str?", "Scalar?", "ScalarType?", "Layout?", "MemoryFormat?",
                "Device?", "Generator?", "int[]?", "float[]?", "Tensor[]?"))
            assertThat(round(type, a -> "not called", null)).as(type).isNull();
        assertThat(((Tensor) round("Tensor?", a -> a.optionalTensor("v"), t(4))).itemDouble()).isEqualTo(4);
        assertThat(round("int?", a -> a.integer("v"), 4)).isEqualTo(4L);
        assertThat(round("float?", a -> a.real("v"), 4)).isEqualTo(4.0);
        assertThat(round("str?", a -> a.string("v"), "x")).isEqualTo("x");
        assertThat(round("int[]?", a -> a.integers("v"), new long[] {4})).isEqualTo(List.of(4L));
        assertThat(round("ScalarType?", a -> a.dtype("v"), DType.INT8)).isEqualTo(1L);
    }

    @Test void an_operator_may_have_several_results_or_none() {
        var seen = new ArrayList<String>();
        define("spread(Tensor x) -> (Tensor low, Tensor high, int count)",
                a -> List.of(a.tensor("x").min(), a.tensor("x").max(), a.tensor("x").numel()));
        define("note(Tensor x, str words) -> ()", a -> {
            seen.add(a.string("words"));
            return null;
        });
        var results = Operators.call("my::spread", t(3, 1, 2));
        assertThat(((Tensor) results.get(0)).itemDouble()).isEqualTo(1);
        assertThat(((Tensor) results.get(1)).itemDouble()).isEqualTo(3);
        assertThat(results.get(2)).isEqualTo(3L);
        assertThat(Operators.call("my::note", t(0), "hello")).isEmpty();
        assertThat(seen).containsExactly("hello");
    }

    /** C++ calls the kernel with a stack of one value, and is given four. */
    @Test void more_results_than_the_callers_stack_has_room_for_are_no_problem() {
        try (var aten = OperatorLibrary.open("aten")) {
            aten.implement("_linalg_slogdet", Device.Type.CPU, a -> List.of(t(1), t(2), a.tensor("A"), Torch.tensor(new int[] {1, 2})));
            var result = Aten.linalgSlogdet(Torch.ones(DType.FLOAT64, 2, 2));
            assertThat(List.of(result.sign().itemDouble(), result.logabsdet().itemDouble())).containsExactly(1.0, 2.0);
        }
    }

    @Test void an_operator_in_place_changes_its_argument_and_returns_it() {
        define("double_(Tensor(a!) x) -> Tensor(a!)", a -> a.tensor("x").mul_(2));
        Tensor x = t(1, 2), same = call("my::double_", x);
        assertThat(x.toDoubleArray()).containsExactly(2, 4);
        same.fill_(7);
        assertThat(x.toDoubleArray()).containsExactly(7, 7);
    }

    @Test void kernels_call_operators_of_Java_in_turn() {
        defineScaledAdd();
        define("twice(Tensor x, int depth) -> Tensor", a -> a.integer("depth") == 0 ? a.tensor("x")
                : call("my::scaled_add", call("my::twice", a.tensor("x"), a.integer("depth") - 1), a.tensor("x"), 0.0).mul(2));
        assertThat(call("my::twice", t(1), 20).itemDouble()).isEqualTo(1 << 20);
    }

    @Test void an_overload_is_an_operator_of_its_own() {
        define("size.of(Tensor x) -> int", a -> a.tensor("x").numel());
        define("size.two(Tensor x, Tensor y) -> int", a -> a.tensor("x").numel() + a.tensor("y").numel());
        assertThat(Operators.call("my::size.of", t(1, 2))).containsExactly(2L);
        assertThat(Operators.call("my::size.two", t(1, 2), t(3))).containsExactly(3L);
    }

    @Test void a_kernel_replaces_one_of_libtorch_until_its_library_is_closed() {
        Tensor x = t(-1, 1);
        try (var aten = OperatorLibrary.open("aten")) {
            aten.implement("leaky_relu", Device.Type.CPU, a -> a.tensor("self").mul(100));
            assertThat(x.leakyRelu().toDoubleArray()).containsExactly(-100, 100);
        }
        assertThat(x.leakyRelu().toDoubleArray()).containsExactly(-0.01, 1);
    }

    @Test void libtorch_gets_results_of_java_from_its_own_operators() {
        try (var aten = OperatorLibrary.open("aten")) {
            aten.implement("addmm", Device.Type.CPU, a -> Torch.ones(DType.FLOAT32, 2, 2).mul(5));
            Tensor one = Torch.ones(DType.FLOAT32, 2, 2); // linear of three dimensions or with a bias is addmm
            assertThat(Aten.linear(one, one, Torch.ones(DType.FLOAT32, 2)).toDoubleArray()).containsExactly(5, 5, 5, 5);
        }
    }

    // ---- devices

    @Test void a_composite_kernel_serves_devices_without_a_kernel_of_their_own() {
        define("shape(Tensor x) -> Tensor", DispatchKey.COMPOSITE_EXPLICIT_AUTOGRAD, a -> a.tensor("x").add(1));
        assertThat(call("my::shape", Torch.zeros(DType.FLOAT32, 2)).toDoubleArray()).containsExactly(1, 1);
        Tensor meta = call("my::shape", Aten.empty(new long[] {3}, DType.FLOAT32, null, Device.META));
        assertThat(meta.device()).isEqualTo(Device.META);
        assertThat(meta.shape()).containsExactly(3);
    }

    @Test void a_device_without_a_kernel_is_libtorchs_error() {
        defineScaledAdd();
        Tensor meta = Aten.empty(new long[] {3}, DType.FLOAT32, null, Device.META);
        assertThatThrownBy(() -> call("my::scaled_add", meta, meta)).isInstanceOf(TorchException.class)
                .hasMessageStartingWith("my::scaled_add(x: float32 [3], y: float32 [3]): ")
                .hasMessageContaining("no fake impl or Meta kernel registered");
    }

    // ---- gradients

    @Test void a_kernel_of_recorded_operators_has_their_gradients() {
        define("square(Tensor x) -> Tensor", DispatchKey.COMPOSITE_IMPLICIT_AUTOGRAD, a -> a.tensor("x").mul(a.tensor("x")));
        Tensor x = t(1, 2).requiresGrad_(true);
        assertThat(Autograd.grad(call("my::square", x).sum(), x).getFirst().toDoubleArray()).containsExactly(2, 4);
    }

    @Test void a_kernel_of_a_device_is_not_recorded_and_passes_no_gradient_on() {
        defineScaledAdd();
        Tensor x = t(1, 2).requiresGrad_(true), y = t(3, 4);
        Tensor sum = call("my::scaled_add", x, y);
        assertThat(sum.requiresGrad()).isTrue();
        sum.sum().backward();
        assertThat(x.grad()).isNull();
        try (var off = NoGrad.enter()) {
            assertThat(call("my::scaled_add", x, y).requiresGrad()).isFalse();
        }
    }

    @Test void nothing_is_recorded_in_a_kernel_of_a_device() {
        var recorded = new ArrayList<Boolean>();
        define("look(Tensor x) -> ()", a -> {
            recorded.add(a.tensor("x").mul(2).requiresGrad());
            return null;
        });
        Tensor x = t(1).requiresGrad_(true);
        Operators.call("my::look", x);
        assertThat(recorded).containsExactly(false);
        assertThat(x.mul(2).requiresGrad()).isTrue();
    }

    /** Rounding whose gradient is that of the identity: x + (round(x) − x), of which only the first term is recorded. */
    @Test void a_kernel_for_Autograd_comes_before_the_devices_kernels_and_reaches_them() {
        define("snap(Tensor x) -> Tensor", a -> a.tensor("x").round());
        my.implement("snap", DispatchKey.AUTOGRAD, a -> {
            Tensor x = a.tensor("x"), rounded;
            try (var below = BelowAutograd.enter()) {
                rounded = call("my::snap", x).sub(x);
            }
            return x.add(rounded);
        });
        Tensor x = t(0.4, 1.6).requiresGrad_(true), y = call("my::snap", x);
        assertThat(y.toDoubleArray()).containsExactly(0, 2);
        y.mul(t(3, 5)).sum().backward();
        assertThat(x.grad().toDoubleArray()).containsExactly(3, 5);
    }
}
