package panatorch.func;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static panatorch.func.Func.debugUnwrap;
import static panatorch.func.Func.grad;
import static panatorch.func.Func.gradAndValue;
import static panatorch.func.Func.gradWithAux;
import static panatorch.func.Func.hessian;
import static panatorch.func.Func.jacfwd;
import static panatorch.func.Func.jacfwdAll;
import static panatorch.func.Func.jacrev;
import static panatorch.func.Func.jacrevAll;
import static panatorch.func.Func.jvp;
import static panatorch.func.Func.linearize;
import static panatorch.func.Func.vjp;
import static panatorch.func.Func.vmap;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.Aten;
import panatorch.Autocast;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Device;
import panatorch.DispatchKey;
import panatorch.InferenceMode;
import panatorch.NoGrad;
import panatorch.OperatorLibrary;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.internal.calls.TransformLevel;
import panatorch.junit.NoTensorLeaks;

/** Transforms at their edges: errors, nesting, modes, threads and lifetimes. Python's numbers are in FuncParityTest. */
@NoTensorLeaks
@Timeout(120)
class FuncTest {
    private static final Function<Tensor, Tensor> SINE = x -> x.sin().sum();

    private static Tensor numbers() { return Torch.tensor(new double[] {1, 2, 3, 4, 5, 6}).reshape(2, 3); }

    @Test void lists_and_maps_keep_their_structure() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            Map<String, Tensor> g = grad((Map<String, Tensor> p) -> p.get("a").mul(p.get("b")).sum()).apply(Map.of("a", x, "b", x.exp()));
            assertThat(g.get("a").torchEquals(x.exp())).isTrue();
            assertThat(g.get("b").torchEquals(x)).isTrue();
            List<Tensor> rows = vmap((List<Tensor> p) -> List.of(p.get(0).add(p.get(1)), p.get(0).sum())).apply(List.of(x, x));
            assertThat(rows.get(0).torchEquals(x.mul(2))).isTrue();
            assertThat(rows.get(1).shape()).containsExactly(2);
            GradAndValue<Tensor> each = vmap(gradAndValue(SINE)).apply(x);
            assertThat(each.value().allClose(x.sin().sum(1))).isTrue();
            assertThat(each.grad().allClose(x.cos())).isTrue();
        }
    }

    @Test void several_outputs_have_a_jacobian_each() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.tensor(new double[] {1, 2}), b = Torch.tensor(new double[] {3, 4, 5});
            Function<List<Tensor>, List<Tensor>> f = p -> List.of(p.get(0).outer(p.get(1)), p.get(0).square());
            for (var jacobians : List.of(jacrevAll(f).apply(List.of(a, b)), jacfwdAll(f).apply(List.of(a, b)))) {
                assertThat(jacobians.get(0).get(0).shape()).containsExactly(2, 3, 2);
                assertThat(jacobians.get(0).get(1).shape()).containsExactly(2, 3, 3);
                assertThat(jacobians.get(1).get(0).allClose(a.mul(2).diag())).isTrue();
                assertThat(jacobians.get(1).get(1).toDoubleArray()).containsOnly(0);
            }
        }
    }

    @Test void what_comes_beside_the_result_is_not_differentiated() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            Aux<Tensor, Tensor> both = gradWithAux((Tensor p) -> new Aux<>(p.square().sum(), p.mul(3))).apply(x);
            assertThat(both.result().torchEquals(x.mul(2))).isTrue();
            assertThat(both.aux().torchEquals(x.mul(3))).isTrue();
            assertThat(both.aux().toDoubleArray()).hasSize(6);
        }
    }

    @Test void results_belong_to_the_callers_scope_and_nothing_else_is_left() {
        try (var scope = Scope.open()) {
            Tensor x = numbers(), kept;
            long before = Torch.liveTensors();
            try (var inner = Scope.open()) {
                kept = inner.move(vmap(grad((Tensor p) -> p.exp().mul(p.sin()).sum())).apply(x));
            }
            assertThat(Torch.liveTensors()).isEqualTo(before + 1);
            assertThat(kept.toDoubleArray()).hasSize(6);
            hessian((Tensor p) -> p.pow(3).sum()).apply(x.select(0, 0)).close();
            assertThat(Torch.liveTensors()).isEqualTo(before + 2); // and the row
        }
    }

    @Test void an_input_that_is_returned_is_another_handle() {
        try (var scope = Scope.open()) {
            Tensor x = numbers(), same = vmap((Tensor p) -> p).apply(x);
            assertThat(same).isNotSameAs(x);
            x.close();
            assertThat(same.toDoubleArray()).containsExactly(1, 2, 3, 4, 5, 6);
        }
    }

    @Test void gradients_go_through_a_transform_to_what_is_outside() {
        try (var scope = Scope.open()) {
            Tensor x = numbers().requiresGrad_(true), w = Torch.tensor(new double[] {1, 2, 3}).requiresGrad_(true);
            vmap((Tensor p) -> p.dot(w)).apply(x).sum().backward();
            assertThat(w.grad().toDoubleArray()).containsExactly(5, 7, 9);
            x.setGrad(null);
            grad((Tensor p) -> p.pow(3).sum()).apply(x).sum().backward(); // 6x
            assertThat(x.grad().allClose(x.mul(6))).isTrue();
        }
    }

    @Test void no_grad_inside_holds_and_outside_changes_nothing_inside() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            Function<Tensor, Tensor> partly = p -> {
                Tensor c;
                try (var off = NoGrad.enter()) {
                    c = p.square();
                }
                return p.sub(c).sum();
            };
            assertThat(grad(partly).apply(x).toDoubleArray()).containsOnly(1);
            try (var off = NoGrad.enter()) {
                assertThat(grad(SINE).apply(x).allClose(x.cos())).isTrue();
                assertThat(NoGrad.isGradEnabled()).isFalse();
            }
            assertThat(NoGrad.isGradEnabled()).isTrue();
        }
    }

    @Test void autocast_works_inside_a_transform() {
        try (var scope = Scope.open(); var cast = Autocast.enter(Device.CPU, DType.BFLOAT16)) {
            Tensor x = Torch.randn(4, 8), w = Torch.randn(8, 2);
            Tensor one = vmap((Tensor p) -> p.unsqueeze(0).mm(w).squeeze(0)).apply(x);
            assertThat(one.dtype()).isEqualTo(DType.BFLOAT16);
            assertThat(one.allClose(x.mm(w), 0.02, 0.02)).isTrue();
        }
    }

    @Test void an_exception_of_the_function_passes_and_all_levels_are_closed() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            var failure = new IllegalStateException("mine");
            Function<Tensor, Tensor> fails = p -> { throw failure; };
            List<Function<Tensor, Tensor>> all =
                    List.of(vmap(fails), grad(fails), vmap(grad(fails)), grad((Tensor p) -> vmap(fails).apply(p)),
                            jacrev(fails), jacfwd(fails), p -> jvp(fails, p, p).tangent(), p -> vjp(fails, p).output(), hessian(fails),
                            p -> linearize(fails, p).output());
            for (var f : all) {
                assertThatThrownBy(() -> f.apply(x)).isSameAs(failure);
                assertThat(TransformLevel.isAny()).isFalse();
                assertThat(vmap(SINE).apply(x).allClose(x.sin().sum(1))).isTrue();
            }
        }
    }

    @Test void wrong_dimensions_are_named() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            BiFunction<Tensor, Tensor, Tensor> add = (p, q) -> p.add(q);
            assertThatThrownBy(() -> vmap(add).apply(x, x.t())).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("[2, 3]");
            assertThatThrownBy(() -> vmap(add, o -> o.inDims(0)).apply(x, x)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("structure");
            assertThatThrownBy(() -> vmap(add, o -> o.inDims(null, null)).apply(x, x)).hasMessageContaining("at least one tensor");
            assertThatThrownBy(() -> vmap(SINE, o -> o.inDims(2)).apply(x)).hasMessageContaining("from -2 to 1");
            assertThatThrownBy(() -> vmap(SINE, o -> o.inDims("0")).apply(x)).hasMessageContaining("a String");
            assertThatThrownBy(() -> vmap(SINE, o -> o.outDims(1)).apply(x)).hasMessageContaining("outDims is 1");
            assertThatThrownBy(() -> vmap((Tensor p) -> p, o -> o.outDims(null)).apply(x)).hasMessageContaining("differs between samples");
            assertThatThrownBy(() -> vmap((Tensor p) -> "text").apply(x)).hasMessageContaining("a String");
            assertThatThrownBy(() -> vmap((String p) -> x).apply("text")).hasMessageContaining("a String");
            assertThatThrownBy(() -> vmap(SINE).apply(Torch.tensor(new double[] {1}).sum())).hasMessageContaining("none to map over");
            assertThatThrownBy(() -> vmap(SINE, o -> o.chunkSize(0))).isInstanceOf(IllegalArgumentException.class);
            assertThat(vmap((Tensor p) -> x, o -> o.outDims(null)).apply(x).torchEquals(x)).isTrue();
            assertThat(vmap((Tensor p) -> x, o -> o.outDims(-1)).apply(x).shape()).containsExactly(2, 3, 2);
        }
    }

    @Test void wrong_functions_are_named() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            assertThatThrownBy(() -> grad((Tensor p) -> p.sin()).apply(x)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("scalar").hasMessageContaining("[2, 3]");
            assertThatThrownBy(() -> grad(SINE).apply(x.to(DType.INT64))).hasMessageContaining("floating-point");
            assertThatThrownBy(() -> vjp((Tensor p) -> p.gt(0), x)).hasMessageContaining("floating-point");
            assertThatThrownBy(() -> jvp(SINE, x, x.t())).hasMessageContaining("shape");
            assertThatThrownBy(() -> jvp(SINE, x, x.to(DType.FLOAT32))).hasMessageContaining("type");
            assertThatThrownBy(() -> vjp((Tensor p) -> p.sin(), x).apply(x.t())).hasMessageContaining("shape");
            assertThatThrownBy(() -> Func.<Tensor, Tensor, Tensor>grad((p, q) -> p.mul(q).sum(), 2).apply(x, x))
                    .hasMessageContaining("no argument 2");
            assertThatThrownBy(() -> grad(SINE).apply(x.toSparse())).hasMessageContaining("strided");
            assertThatThrownBy(() -> jacrev((Tensor p) -> p.to(DType.COMPLEX128)).apply(x)).hasMessageContaining("real");
            try (var on = InferenceMode.enter()) {
                assertThatThrownBy(() -> grad(SINE).apply(x)).isInstanceOf(IllegalStateException.class).hasMessageContaining("inference");
                assertThat(vmap(SINE).apply(x).shape()).containsExactly(2);
            }
        }
    }

    @Test void a_function_that_ignores_its_input_has_zeros_as_gradient() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            assertThat(grad((Tensor p) -> Torch.tensor(new double[] {1}).sum()).apply(x).toDoubleArray()).containsOnly(0).hasSize(6);
            assertThat(jacrev((Tensor p) -> x.sin()).apply(x).toDoubleArray()).containsOnly(0).hasSize(36);
            assertThat(jvp((Tensor p) -> x, x, x).tangent().toDoubleArray()).containsOnly(0).hasSize(6);
            assertThat(linearize((Tensor p) -> x, x).apply(x).toDoubleArray()).containsOnly(0).hasSize(6);
            assertThat(Autograd.jacobian(p -> x.sin(), x).toDoubleArray()).containsOnly(0);
        }
    }

    @Test void elements_cannot_be_read_inside_but_can_be_looked_at() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            var text = new ArrayList<String>();
            vmap((Tensor p) -> {
                text.add(p.toString());
                text.add(debugUnwrap(p).toString());
                assertThatThrownBy(p::toDoubleArray).isInstanceOf(IllegalStateException.class).hasMessageContaining("function transform");
                assertThatThrownBy(p::data).isInstanceOf(IllegalStateException.class);
                return grad((Tensor q) -> {
                    text.add(q.toString());
                    assertThatThrownBy(q::toFloatArray).isInstanceOf(IllegalStateException.class);
                    assertThatThrownBy(q::asByteBuffer).isInstanceOf(IllegalStateException.class);
                    return q.sum();
                }).apply(p);
            }).apply(x);
            assertThat(text.get(0)).startsWith("BatchedTensor(lvl=1, value=").contains("tensor([[1., 2., 3.]");
            assertThat(text.get(1)).isEqualTo(x.toString());
            assertThat(text.get(2)).startsWith("GradTrackingTensor(lvl=2, value=").contains("BatchedTensor(lvl=1");
        }
    }

    @Test void tensors_can_be_made_and_read_inside_grad() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            Tensor g = vmap(grad((Tensor p) -> p.dot(Torch.tensor(new double[] {1, 2, 3})).mul(Torch.tensor(new float[][] {{2}}).sum())))
                    .apply(x);
            assertThat(g.toDoubleArray()).containsExactly(2, 4, 6, 2, 4, 6);
            grad((Tensor p) -> {
                assertThat(p.mul(2).toDoubleArray()).containsExactly(2, 4, 6, 8, 10, 12);
                assertThat(p.sum().itemDouble()).isEqualTo(21);
                return p.sum();
            }).apply(x);
        }
    }

    @Test void a_tensor_that_escaped_its_transform_is_refused_or_has_its_values() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            var escaped = new ArrayList<Tensor>();
            vmap((Tensor p) -> {
                escaped.add(p.mul(2).escape());
                return p;
            }).apply(x);
            grad((Tensor p) -> {
                escaped.add(p.mul(2).escape());
                return p.sum();
            }).apply(x);
            Tensor batched = escaped.get(0), wrapped = escaped.get(1);
            assertThatThrownBy(() -> vmap(SINE).apply(batched)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("has ended");
            assertThatThrownBy(() -> batched.add(1).sum().itemDouble()).isInstanceOf(TorchException.class);
            assertThat(wrapped.add(1).detach().sum().itemDouble()).isEqualTo(48);
            assertThat(grad(SINE).apply(wrapped).allClose(x.mul(2).cos())).isTrue();
            batched.close();
            wrapped.close();
        }
    }

    @Test void a_tensor_inside_a_transform_of_another_thread_is_refused() throws Exception {
        try (var scope = Scope.open(); ExecutorService other = Executors.newSingleThreadExecutor()) {
            Tensor x = numbers();
            grad((Tensor p) -> grad((Tensor q) -> {
                Future<?> refused = other.submit(() -> {
                    try (var own = Scope.open()) {
                        assertThatThrownBy(() -> grad(SINE).apply(q)).isInstanceOf(IllegalArgumentException.class)
                                .hasMessageContaining("another thread");
                    }
                });
                assertThat(refused).succeedsWithin(java.time.Duration.ofSeconds(60));
                return q.sum();
            }).apply(p).sum()).apply(x);
        }
    }

    @Test void a_guard_that_the_function_closes_too_early_does_no_harm() throws Exception {
        Runnable wrong = () -> {
            try (var scope = Scope.open()) {
                Tensor x = numbers();
                NoGrad outside = NoGrad.enter(), other = NoGrad.enter();
                try {
                    grad((Tensor p) -> {
                        other.close();
                        return vmap((Tensor q) -> q.sum()).apply(p).sum();
                    }).apply(x);
                } catch (IllegalStateException e) {
                    assertThat(e).hasMessageContaining("closed a guard"); // on a virtual thread, whose levels belong to a guard
                }
                outside.close();
                assertThat(TransformLevel.isAny()).isFalse();
                assertThat(grad(SINE).apply(x).allClose(x.cos())).isTrue();
            }
        };
        wrong.run();
        var failure = new Throwable[1];
        Thread thread = Thread.ofVirtual().uncaughtExceptionHandler((t, e) -> failure[0] = e).start(wrong);
        thread.join();
        assertThat(failure[0]).isNull();
    }

    @Test void a_tensor_inside_vmap_cannot_begin_to_require_gradients() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> vmap((Tensor p) -> p.requiresGrad_(true)).apply(numbers())).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("requiresGrad_");
        }
    }

    @Test void functions_in_java_are_refused_inside() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            assertThatThrownBy(() -> grad((Tensor p) -> Autograd.checkpoint(q -> q.sin(), p).sum()).apply(x))
                    .isInstanceOf(UnsupportedOperationException.class).hasMessageContaining("panatorch.func");
            assertThat(TransformLevel.isAny()).isFalse();
        }
    }

    @Test void hooks_see_the_gradient_inside_a_transform() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            Tensor doubled = grad((Tensor p) -> {
                Tensor y = p.sin();
                y.registerHook(g -> g.mul(2));
                return y.sum();
            }).apply(x);
            assertThat(doubled.allClose(x.cos().mul(2))).isTrue();
        }
    }

    @Test void an_operator_in_java_has_its_own_rule() {
        try (var library = OperatorLibrary.open("functest"); var scope = Scope.open()) {
            library.define("twice(Tensor x) -> Tensor");
            library.implement("twice", Device.Type.CPU, a -> a.tensor("x").mul(2));
            library.implement("twice", DispatchKey.FUNC_TORCH_BATCHED, a -> a.tensor("x").add(a.tensor("x")));
            Tensor x = numbers();
            assertThat(vmap((Tensor p) -> (Tensor) Operators.call("functest::twice", p).getFirst()).apply(x).torchEquals(x.mul(2)))
                    .isTrue();
        }
    }

    @Test void products_can_be_computed_many_times_and_inside_vmap() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            var pull = vjp((Tensor p) -> p.sin(), x);
            var push = linearize((Tensor p) -> p.sin(), x);
            Tensor basis = Aten.eye(6, DType.FLOAT64, null, null, null).reshape(6, 2, 3);
            Tensor diagonal = x.cos().flatten().diag();
            for (int i = 0; i < 3; i++) {
                assertThat(vmap(pull).apply(basis).reshape(6, 6).allClose(diagonal)).isTrue();
                assertThat(vmap(push).apply(basis).reshape(6, 6).allClose(diagonal)).isTrue();
                assertThat(pull.apply(x).allClose(x.cos().mul(x))).isTrue();
            }
        }
    }

    @Test void two_hundred_threads_transform_at_once() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(200)) {
            atOnce(threads, 200);
        }
    }

    @Test void virtual_threads_take_their_levels_along() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            atOnce(threads, 200);
        }
        try (var scope = Scope.open()) {
            assertThat(vmap(SINE).apply(numbers()).shape()).containsExactly(2);
        }
    }

    private static void atOnce(ExecutorService threads, int n) throws Exception {
        var started = new CountDownLatch(n);
        var all = new ArrayList<Future<Boolean>>();
        for (int i = 0; i < n; i++) {
            int seed = i;
            all.add(threads.submit(() -> {
                try (var scope = Scope.open()) {
                    Tensor x = numbers().add(seed * 0.01);
                    boolean right = true;
                    started.countDown();
                    started.await();
                    for (int round = 0; round < 5; round++) {
                        Tensor g = vmap(grad((Tensor p) -> {
                            Thread.yield();
                            Tensor y = p.sin();
                            sleep();
                            return vmap((Tensor q) -> q.mul(q)).apply(y).sum();
                        })).apply(x);
                        right &= g.allClose(x.mul(2).sin());
                    }
                    return right && !TransformLevel.isAny();
                }
            }));
        }
        for (var f : all) assertThat(f.get()).isTrue();
    }

    /** Lets a virtual thread go on elsewhere. */
    private static void sleep() {
        try {
            Thread.sleep(1);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test void any_dimensions_give_a_result_or_a_clear_error() {
        var random = new Random(1);
        Object[] choices = {0, 1, 2, 3, -1, -2, -4, 64, null, "x", List.of(0), List.of(0, 1), Map.of("a", 0), 1.5, Integer.MIN_VALUE};
        int computed = 0;
        for (int i = 0; i < 2000; i++) {
            Object first = choices[random.nextInt(choices.length)], second = choices[random.nextInt(choices.length)];
            Object out = choices[random.nextInt(choices.length)];
            try (var scope = Scope.open()) {
                Tensor x = Torch.zeros(2, 3, 2), y = random.nextBoolean() ? Torch.zeros(3, 2) : Torch.zeros(2);
                vmap((Tensor p, Tensor q) -> p.sum().add(q), o -> o.inDims(first, second).outDims(out)).apply(x, y);
                computed++;
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageStartingWith("vmap: ");
            }
            assertThat(TransformLevel.isAny()).isFalse();
        }
        assertThat(computed).isGreaterThan(20);
    }
}
