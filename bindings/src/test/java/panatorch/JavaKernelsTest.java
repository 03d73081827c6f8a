package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** How kernels in Java run on threads, fail, and end. */
class JavaKernelsTest extends OperatorsOfOurOwn {
    // ---- threads

    @Test void kernels_run_on_many_threads_at_once() throws Exception {
        defineScaledAdd();
        try (var threads = Executors.newFixedThreadPool(8)) {
            everywhere(threads, 8);
        }
    }

    @Test void kernels_run_on_virtual_threads() throws Exception {
        defineScaledAdd();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            everywhere(threads, 64);
        }
    }

    private static void everywhere(ExecutorService threads, int tasks) throws Exception {
        var results = new ArrayList<Future<Boolean>>();
        for (int i = 0; i < tasks; i++) {
            int seed = i;
            results.add(threads.submit((Callable<Boolean>) () -> {
                boolean right = true;
                for (int k = 0; k < 200; k++) {
                    try (var scope = Scope.open()) {
                        right &= call("my::scaled_add", t(seed), t(k), 2.0).itemDouble() == seed + 2.0 * k;
                    }
                }
                return right;
            }));
        }
        for (var r : results) assertThat(r.get()).isTrue();
    }

    @Test void a_virtual_threads_modes_hold_in_a_kernel_as_on_any_thread() throws Exception {
        var recorded = new ArrayList<Boolean>();
        define("look(Tensor x) -> ()", DispatchKey.COMPOSITE_IMPLICIT_AUTOGRAD, a -> {
            recorded.add(a.tensor("x").mul(2).requiresGrad());
            try (var on = NoGrad.enableGrad()) {
                recorded.add(a.tensor("x").mul(2).requiresGrad());
            }
            recorded.add(a.tensor("x").mul(2).requiresGrad());
            return null;
        });
        Thread.ofVirtual().start(() -> {
            try (var scope = Scope.open()) {
                Tensor x = t(1).requiresGrad_(true);
                try (var off = NoGrad.enter()) {
                    Operators.call("my::look", x);
                }
                recorded.add(x.mul(2).requiresGrad());
            }
        }).join();
        assertThat(recorded).containsExactly(false, true, false, true);
    }

    // ---- errors

    @Test void an_exception_of_a_kernel_reaches_its_caller_as_the_same_object() {
        for (Throwable t : List.of(new IllegalStateException("mine"), new AssertionError("mine"), new Exception("checked"),
                new StackOverflowError())) {
            try (var library = OperatorLibrary.open("bad")) {
                library.define("fail(Tensor x) -> (Tensor, int, str, Tensor[])").implement("fail", Device.Type.CPU, a -> {
                    a.tensor("x").add(1);
                    throw JavaKernelsTest.<RuntimeException>sneaky(t);
                });
                assertThat(catchThrowable(() -> Operators.call("bad::fail", t(1)))).isSameAs(t);
                assertThat(catchThrowable(() -> Operators.call("bad::fail", t(1).requiresGrad_(true)))).isSameAs(t);
                assertThat(t(1).add(1).itemDouble()).isEqualTo(2);
            }
        }
    }

    @SuppressWarnings("unchecked") private static <E extends Throwable> RuntimeException sneaky(Throwable t) throws E { throw (E) t; }

    @Test void an_exception_of_a_kernel_passes_through_libtorchs_operators() {
        var mine = new IllegalStateException("mine");
        try (var aten = OperatorLibrary.open("aten")) {
            aten.implement("leaky_relu", Device.Type.CPU, a -> {
                throw mine;
            });
            Tensor x = t(1).requiresGrad_(true);
            assertThat(catchThrowable(x::leakyRelu)).isSameAs(mine);
        }
    }

    @Test void an_exception_of_a_kernel_in_backward_reaches_who_called_backward() {
        var mine = new IllegalStateException("mine");
        try (var aten = OperatorLibrary.open("aten")) {
            aten.implement("leaky_relu_backward", Device.Type.CPU, a -> {
                throw mine;
            });
            Tensor x = t(1).requiresGrad_(true);
            assertThat(catchThrowable(() -> x.leakyRelu().sum().backward())).isSameAs(mine);
            assertThat(catchThrowable(() -> Autograd.grad(x.leakyRelu().sum(), x))).isSameAs(mine);
        }
        Tensor x = t(-1).requiresGrad_(true);
        x.leakyRelu().sum().backward();
        assertThat(x.grad().itemDouble()).isEqualTo(0.01);
    }

    @Test void a_kernel_may_catch_what_another_one_throws() {
        define("fail(Tensor x) -> Tensor", a -> {
            throw new IllegalStateException("caught");
        });
        define("save(Tensor x) -> Tensor", a -> {
            try {
                return call("my::fail", a.tensor("x"));
            } catch (IllegalStateException e) {
                return a.tensor("x").mul(-1);
            }
        });
        assertThat(call("my::save", t(3)).itemDouble()).isEqualTo(-3);
    }

    @Test void kernels_that_call_each_other_without_end_are_an_error() {
        define("again(Tensor x) -> Tensor", a -> call("my::again", a.tensor("x")));
        assertThatThrownBy(() -> call("my::again", t(1))).isInstanceOf(StackOverflowError.class);
        assertThatThrownBy(() -> call("my::again", t(1).requiresGrad_(true))).isInstanceOf(StackOverflowError.class)
                .hasMessage("kernels written in Java call each other 101 levels deep");
    }

    @Test void an_error_of_libtorch_in_a_kernel_reaches_the_caller_with_its_own_operator() {
        define("wrong(Tensor x) -> Tensor", a -> a.tensor("x").view(7));
        assertThatThrownBy(() -> call("my::wrong", t(1, 2))).isInstanceOf(TorchException.class)
                .hasMessageStartingWith("aten::view(self: float64 [2]): ");
    }

    @Test void results_that_do_not_fit_the_schema_are_named() {
        define("two(Tensor x) -> (Tensor, Tensor)", a -> List.of(a.tensor("x")));
        define("one(Tensor x) -> Tensor", a -> "text");
        define("none(Tensor x) -> Tensor", a -> null);
        define("nothing(Tensor x) -> ()", a -> a.tensor("x"));
        define("pair(Tensor x) -> (Tensor, int)", a -> List.of(a.tensor("x"), 1.5));
        define("closed(Tensor x) -> Tensor", a -> {
            Tensor y = a.tensor("x").add(1);
            y.close();
            return y;
        });
        fails("my::two", "a kernel of my::two returned 1 values, but the operator has 2 results: return them as a List.");
        fails("my::one", "the result of a kernel of my::one must be a Tensor, not a String.");
        fails("my::none", "the result of a kernel of my::none is null.");
        fails("my::nothing", "a kernel of my::nothing returned a Tensor, but the operator has no results: return null.");
        fails("my::pair", "result 1 of a kernel of my::pair must be a int, not a Double.");
        fails("my::closed", "the result of a kernel of my::closed is closed.");
    }

    private static void fails(String operator, String message) {
        assertThatThrownBy(() -> Operators.call(operator, t(1)))
                .isInstanceOfSatisfying(TorchException.class, e -> assertThat(e.operator()).isEqualTo(operator)).hasMessage(message);
    }

    @Test void a_wrong_name_or_type_of_an_argument_is_named() {
        define("name(Tensor x) -> ()", a -> a.tensor("y"));
        define("type(Tensor x, str? s) -> ()", a -> a.real("x"));
        define("none(Tensor x, str? s) -> ()", a -> a.string("s"));
        assertThatThrownBy(() -> Operators.call("my::name", t(1))).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("my::name has no argument 'y'");
        assertThatThrownBy(() -> Operators.call("my::type", t(1), null)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("argument 'x' of my::type is a Tensor, which cannot be read as Double");
        assertThatThrownBy(() -> Operators.call("my::none", t(1), null)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("argument 's' of my::none was not given");
    }

    @Test void wrong_definitions_are_refused_with_a_sentence() {
        defineScaledAdd();
        assertThatThrownBy(() -> my.define("scaled_add(Tensor x) -> Tensor")).isInstanceOf(IllegalStateException.class)
                .hasMessage("operator my::scaled_add exists already");
        assertThatThrownBy(() -> my.define("nonsense")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not an operator schema: 'nonsense': ");
        assertThatThrownBy(() -> my.define("f(Gadget x) -> Tensor")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Gadget");
        assertThatThrownBy(() -> my.define("aten::f(Tensor x) -> Tensor")).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("aten::f is not in the namespace of this library, my");
        assertThatThrownBy(() -> my.define("f(" + "int i, ".repeat(300) + "Tensor x) -> Tensor"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an operator may have at most 256 arguments and as many results, not 301 and 1");
        assertThatThrownBy(() -> my.implement("absent", Device.Type.CPU, a -> null)).isInstanceOf(TorchException.class)
                .hasMessage("libtorch has no operator my::absent.");
        assertThatThrownBy(() -> OperatorLibrary.open("my::")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> OperatorLibrary.open("aten").define("relu(Tensor self) -> Tensor"))
                .isInstanceOf(IllegalStateException.class);
        assertThat(call("my::scaled_add", t(1), t(2)).itemDouble()).isEqualTo(3);
    }

    // ---- life

    @Test void a_closed_library_leaves_no_operator_behind() {
        defineScaledAdd();
        call("my::scaled_add", t(1), t(2));
        my.close();
        my.close();
        assertThatThrownBy(() -> call("my::scaled_add", t(1), t(2))).isInstanceOf(TorchException.class)
                .hasMessage("libtorch has no operator my::scaled_add.");
        assertThatThrownBy(() -> my.define("f() -> ()")).isInstanceOf(IllegalStateException.class)
                .hasMessage("this operator library is closed");
        try (var again = OperatorLibrary.open("my")) {
            again.define("scaled_add(Tensor x, Tensor y) -> Tensor").implement("scaled_add", Device.Type.CPU, a -> a.tensor("y"));
            assertThat(call("my::scaled_add", t(1), t(2)).itemDouble()).isEqualTo(2);
        }
    }

    @Test void what_a_kernel_returns_outlives_its_scope_and_nothing_else_does() {
        Tensor kept = t(9);
        define("fresh(Tensor x) -> Tensor[]", a -> List.of(a.tensor("x"), a.tensor("x").add(1), kept));
        long before = Torch.liveTensors();
        try (var inner = Scope.open()) {
            Tensor x = t(1);
            assertThat(tensors(Operators.call("my::fresh", x).getFirst())).containsExactly(1.0, 2.0, 9.0);
            assertThat(x.itemDouble()).isEqualTo(1);
        }
        assertThat(Torch.liveTensors()).isEqualTo(before);
        assertThat(kept.itemDouble()).isEqualTo(9);
    }
}
