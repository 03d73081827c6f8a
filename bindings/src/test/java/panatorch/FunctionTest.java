package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.jspecify.annotations.Nullable;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class FunctionTest {
    private static Tensor leaf(double... values) { return Torch.tensor(values).requiresGrad_(true); }

    /** eˣ, whose derivative is its saved output. */
    static class Exp extends Function {
        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            Tensor y = inputs.getFirst().exp();
            context.save(y);
            return List.of(y);
        }

        @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
            return List.of(gradients.getFirst().mul(context.saved().getFirst()));
        }
    }

    /** x³, whose derivative is computed from its saved input. */
    static final class Cube extends Function {
        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            Tensor x = inputs.getFirst();
            context.save(x);
            return List.of(x.mul(x).mul(x));
        }

        @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
            Tensor x = context.saved().getFirst();
            return List.of(gradients.getFirst().mul(x.mul(x).mul(3)));
        }
    }

    /** (x·y, x + y, argmax x): several inputs and outputs, one of them without gradient. */
    static final class Several extends Function {
        final AtomicReference<List<Tensor>> received = new AtomicReference<>();
        boolean materialize = true;

        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            Tensor x = inputs.get(0), y = inputs.get(1);
            context.save(x, y);
            context.materializeGradients(materialize);
            return List.of(x.mul(y), x.add(y), x.argmax());
        }

        @Override protected List<@Nullable Tensor> backward(Context context, List<Tensor> gradients) {
            received.set(gradients);
            Tensor x = context.saved().get(0), y = context.saved().get(1), product = gradients.get(0), sum = gradients.get(1);
            if (sum == null) sum = Aten.zerosLike(x);
            if (product == null) product = Aten.zerosLike(x);
            return Arrays.asList(context.needsGradient(0) ? product.mul(y).add(sum) : null,
                    context.needsGradient(1) ? product.mul(x).add(sum) : null);
        }
    }

    @Test void the_derivative_is_the_functions_own() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(0, 1, -2), y = new Exp().apply(x);
            assertThat(y.toDoubleArray()).containsExactly(new double[] {1, Math.E, Math.exp(-2)}, within(1e-15));
            assertThat(y.requiresGrad()).isTrue();
            y.mul(2).sum().backward();
            assertThat(x.grad().toDoubleArray()).containsExactly(new double[] {2, 2 * Math.E, 2 * Math.exp(-2)}, within(1e-15));
        }
    }

    @Test void functions_follow_each_other_and_share_inputs() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(0.5), y = new Cube().apply(new Cube().apply(x)).add(new Exp().apply(x)); // x⁹ + eˣ
            assertThat(Autograd.grad(y, x).getFirst().itemDouble()).isCloseTo(9 * Math.pow(0.5, 8) + Math.exp(0.5), within(1e-14));
        }
    }

    @Test void without_recording_nothing_is_kept() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(2);
            try (var off = NoGrad.enter()) {
                assertThat(new Exp().apply(x).requiresGrad()).isFalse();
            }
            assertThat(new Exp().apply(x.detach()).requiresGrad()).isFalse();
        }
    }

    @Test void several_inputs_and_outputs_have_their_gradients() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2), y = leaf(3, 5);
            var outputs = new Several().applyAll(List.of(x, y));
            assertThat(outputs.get(2).itemLong()).isEqualTo(1);
            assertThat(outputs.get(2).requiresGrad()).isFalse();
            outputs.get(0).mul(10).add(outputs.get(1)).sum().backward();
            assertThat(x.grad().toDoubleArray()).containsExactly(31, 51);
            assertThat(y.grad().toDoubleArray()).containsExactly(11, 21);
        }
    }

    @Test void an_unused_output_has_a_gradient_of_zeros_or_null() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2), y = Torch.tensor(new double[] {3, 5});
            var function = new Several();
            function.applyAll(List.of(x, y)).get(0).sum().backward();
            assertThat(function.received.get().get(1)).isNotNull();
            assertThat(function.received.get().get(2)).isNull();
            assertThat(x.grad().toDoubleArray()).containsExactly(3, 5);
            function.materialize = false;
            x.setGrad(null);
            function.applyAll(List.of(x, y)).get(0).sum().backward();
            assertThat(function.received.get().get(1)).isNull();
            assertThat(x.grad().toDoubleArray()).containsExactly(3, 5);
        }
    }

    @Test void types_and_shapes_of_inputs_and_outputs_differ() {
        var function = new Function() {
            @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
                context.save(inputs.get(0), inputs.get(1));
                return List.of(inputs.get(0).sum().to(DType.FLOAT64), inputs.get(1).mul(inputs.get(0).sum()));
            }

            @Override protected List<Tensor> backward(Context context, List<Tensor> g) { // broadcasts, and of types that are converted
                Tensor x = context.saved().get(0), z = context.saved().get(1);
                return List.of(g.get(0).add(g.get(1).mul(z).sum()).expand(2, 3), g.get(1).mul(x.sum()));
            }
        };
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 2, 3).requiresGrad_(true), z = leaf(1, 2, 3, 4);
            var y = function.applyAll(List.of(x, z));
            y.get(0).add(y.get(1).sum()).backward();
            assertThat(x.grad().dtype()).isEqualTo(DType.FLOAT32);
            assertThat(x.grad().toDoubleArray()).containsOnly(11);
            assertThat(z.grad().toDoubleArray()).containsOnly(6);
        }
    }

    /** d²/dx² of eˣ is eˣ, through its saved output; of x³ it is 6x, through its saved input. */
    @Test void derivatives_are_differentiated_in_turn() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(0.5, -1);
            for (Function f : List.of(new Exp(), new Cube())) {
                Tensor first = Autograd.grad(List.of(f.apply(x).sum()), List.of(x), null, false, true).getFirst();
                Tensor second = Autograd.grad(List.of(first.mul(first).sum()), List.of(x), null, false, true).getFirst(); // 2·f'·f''
                // 2·(f''² + f'·f''')
                Tensor third = Autograd.grad(second.sum(), x).getFirst();
                double[] e = {Math.exp(0.5), Math.exp(-1)};
                assertThat(second.toDoubleArray()).containsExactly(
                        f instanceof Exp ? new double[] {2 * e[0] * e[0], 2 * e[1] * e[1]} : new double[] {4.5, -36}, within(1e-12));
                assertThat(third.toDoubleArray()).containsExactly(
                        f instanceof Exp ? new double[] {4 * e[0] * e[0], 4 * e[1] * e[1]} : new double[] {27, 108}, within(1e-12));
            }
        }
    }

    @Test void a_retained_graph_is_differentiated_again_and_one_input_at_a_time() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2), y = leaf(3, 5), sum = new Several().applyAll(List.of(x, y)).get(0).sum();
            for (int i = 0; i < 3; i++) {
                assertThat(Autograd.grad(List.of(sum), List.of(x), null, true, false).getFirst().toDoubleArray()).containsExactly(3, 5);
                assertThat(Autograd.grad(List.of(sum), List.of(y), null, true, false).getFirst().toDoubleArray()).containsExactly(1, 2);
            }
        }
    }

    @Test void a_second_backward_is_an_error_once_the_graph_is_freed() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1), y = new Exp().apply(x);
            y.backward();
            assertThatThrownBy(y::backward).isInstanceOf(TorchException.class).hasMessageContaining("a second time")
                    .hasMessageContaining("retainGraph");
        }
    }

    @Test void what_is_saved_is_freed_with_the_graph_and_by_backward() {
        long before = Torch.liveTensors();
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2);
            long leaf = Torch.liveTensors();
            Tensor y = new Exp().apply(x);
            assertThat(Torch.liveTensors()).isGreaterThan(leaf + 1);
            Tensor sum = y.sum();
            sum.backward();
            x.setGrad(null);
            long after = Torch.liveTensors();
            y.close();
            sum.close();
            assertThat(Torch.liveTensors()).isLessThan(after - 2);
        }
        assertThat(Torch.liveTensors()).isEqualTo(before);
    }

    @Test void a_saved_tensor_that_changed_since_is_an_error() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1), twice = x.mul(2), y = new Cube().apply(twice);
            twice.add_(1);
            assertThatThrownBy(y::backward).isInstanceOf(TorchException.class).hasMessageContaining("Cube")
                    .hasMessageContaining("changed in place").hasMessageContaining("version 1");
        }
    }

    @Test void an_exception_of_backward_reaches_the_caller_as_it_was() {
        for (Throwable mine : List.of(new IllegalStateException("mine"), new AssertionError("my error"))) {
            var failing = new Function() {
                @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) { return List.of(inputs.getFirst().exp()); }

                @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
                    if (mine instanceof Error e) throw e;
                    throw (RuntimeException) mine;
                }
            };
            try (var scope = Scope.open()) {
                Tensor x = leaf(1), y = failing.apply(new Cube().apply(x));
                assertThatThrownBy(y::backward).isSameAs(mine);
                assertThatThrownBy(() -> Autograd.grad(failing.apply(x), x)).isSameAs(mine);
                assertThat(x.grad()).isNull();
            }
        }
    }

    @Test void wrong_gradients_are_errors_that_say_which() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2);
            assertThatThrownBy(() -> returning(g -> List.of()).apply(x).sum().backward()).isInstanceOf(TorchException.class)
                    .hasMessageContaining("0 gradients for 1 inputs");
            assertThatThrownBy(() -> returning(g -> List.of(Torch.tensor(new double[] {1, 2, 3}))).apply(x).sum().backward())
                    .isInstanceOf(TorchException.class)
                    .hasMessageContaining("float64 [3]").hasMessageContaining("input 0").hasMessageContaining("[2]");
            assertThatThrownBy(() -> new Several().apply(x, x)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("Several has 3 outputs");
        }
    }

    private static Function returning(java.util.function.Function<List<Tensor>, List<Tensor>> backward) {
        return new Function() {
            @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) { return List.of(inputs.getFirst().mul(2)); }

            @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) { return backward.apply(gradients); }
        };
    }

    @Test void an_input_may_be_an_output_too() {
        var identity = new Function() {
            @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) { return inputs; }

            @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
                return List.of(gradients.getFirst().neg());
            }
        };
        try (var scope = Scope.open()) {
            Tensor x = leaf(3), y = identity.apply(x);
            assertThat(y.itemDouble()).isEqualTo(3);
            assertThat(Autograd.grad(y, x).getFirst().itemDouble()).isEqualTo(-1);
            try (var off = NoGrad.enter(); var z = identity.apply(x)) {
                assertThat(z).isNotSameAs(x);
            }
            assertThat(x.isClosed()).isFalse();
        }
    }

    @Test void complex_numbers_have_gradients() {
        try (var scope = Scope.open()) {
            Tensor x = Aten.complex(Torch.tensor(new double[] {1}), Torch.tensor(new double[] {2})).requiresGrad_(true);
            Tensor expected = Autograd.grad(x.mul(x).mul(x).abs().sum(), x).getFirst();
            var cube = new Function() {
                @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
                    context.save(inputs.getFirst());
                    return List.of(inputs.getFirst().pow(3));
                }

                @Override protected List<Tensor> backward(Context context, List<Tensor> g) {
                    return List.of(g.getFirst().mul(context.saved().getFirst().pow(2).mul(3).conj()));
                }
            };
            assertThat(Autograd.grad(cube.apply(x).abs().sum(), x).getFirst().sub(expected).abs().itemDouble()).isCloseTo(0, within(1e-12));
        }
    }

    /** d/dx of (x³)³·k is 9k·x⁸. Every thread goes through the same nodes, with a gradient of its own. */
    @Test void many_threads_differentiate_one_graph_at_once() throws InterruptedException {
        try (var scope = Scope.open()) {
            Tensor x = leaf(0.5, 1, 2), y = leaf(3, 5, 7), shared = new Cube().apply(new Cube().apply(x));
            var several = new Several().applyAll(List.of(shared, y));
            var wrong = new java.util.concurrent.ConcurrentLinkedQueue<String>();
            var threads = java.util.stream.IntStream.range(0, 8).mapToObj(k -> Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 100; i++) round(x, y, several, k * 100 + i);
                } catch (Throwable t) {
                    wrong.add(t.toString());
                }
            })).toList();
            for (Thread t : threads) t.join();
            assertThat(wrong).isEmpty();
        }
        assertThat(BackwardPass.running()).isZero();
    }

    private static void round(Tensor x, Tensor y, List<Tensor> outputs, double weight) {
        try (var scope = Scope.open()) {
            Tensor k = Torch.tensor(new double[] {weight, weight, weight});
            boolean first = weight % 2 == 0;
            Tensor g = Autograd.grad(outputs.subList(0, 2), List.of(first ? x : y), List.of(k, k), true, false).getFirst();
            double[] at = x.toDoubleArray(), other = y.toDoubleArray(), expected = new double[3];
            for (int i = 0; i < 3; i++) expected[i] = weight * (first ? 9 * Math.pow(at[i], 8) * (other[i] + 1) : Math.pow(at[i], 9) + 1);
            assertThat(g.toDoubleArray()).containsExactly(expected, within(1e-6));
        }
    }

    @Test void a_backward_inside_another_of_the_same_graph_is_right() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(2), cube = new Cube().apply(x);
            var nesting = new Function() {
                @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) { return List.of(inputs.getFirst().mul(1)); }

                @Override protected List<Tensor> backward(Context context, List<Tensor> g) {
                    Tensor inner =
                            Autograd.grad(List.of(cube), List.of(x), List.of(Torch.tensor(new double[] {100})), true, false).getFirst();
                    assertThat(inner.itemDouble()).isEqualTo(1200);
                    return List.of(g.getFirst().add(inner));
                }
            };
            assertThat(Autograd.grad(nesting.apply(cube).mul(3).sum(), x).getFirst().itemDouble()).isEqualTo(12 * 1203);
        }
    }

    @Test void what_a_backward_leaves_that_failed_or_wanted_one_input_is_freed_at_its_end() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2), y = leaf(3, 5), failing = returning(g -> { throw new IllegalStateException("mine"); }).apply(x);
            var outputs = new Several().applyAll(List.of(failing, y));
            Tensor sum = outputs.get(0).sum();
            for (int i = 0; i < 3; i++) {
                long before = Torch.liveTensors();
                Autograd.grad(List.of(sum), List.of(y), null, true, false).getFirst().close();
                assertThatThrownBy(() -> Autograd.grad(List.of(sum), List.of(x), null, true, false)).hasMessage("mine");
                assertThat(Torch.liveTensors()).isEqualTo(before);
                assertThat(BackwardPass.running()).isZero();
            }
        }
    }

    @Test void functions_run_on_virtual_threads() throws InterruptedException {
        var failure = new AtomicReference<Throwable>();
        var threads = java.util.stream.IntStream.range(0, 50).mapToObj(i -> Thread.ofVirtual().start(() -> {
            try (var scope = Scope.open()) {
                Tensor x = leaf(i);
                new Cube().apply(x).backward();
                assertThat(x.grad().itemDouble()).isEqualTo(3.0 * i * i);
            } catch (Throwable t) {
                failure.set(t);
            }
        })).toList();
        for (Thread t : threads) t.join();
        assertThat(failure.get()).isNull();
    }

    /** a·b, and what its passes saw of autocast. */
    private static final class Product extends Function {
        final List<String> seen = new java.util.ArrayList<>();

        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            Tensor a = inputs.get(0), b = inputs.get(1), y = a.matmul(b);
            context.save(a, b);
            seen.add(a.dtype() + " " + b.dtype() + " " + y.dtype() + " " + Autocast.isEnabled(Device.Type.CPU));
            return List.of(y);
        }

        @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
            Tensor g = gradients.getFirst(), a = context.saved().get(0), b = context.saved().get(1), r = g.matmul(b.t());
            seen.add(g.dtype() + " " + r.dtype() + " " + Autocast.isEnabled(Device.Type.CPU));
            return List.of(r, a.t().matmul(g));
        }
    }

    /** The types are those that functions with {@code custom_fwd(device_type="cpu")} and {@code custom_bwd} print in Python. */
    @Test void backward_runs_in_the_autocast_of_the_forward_pass_if_asked() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.rand(2, 3).requiresGrad_(true), b = Torch.rand(3, 4), y;
            var product = new Product();
            try (var cast = Autocast.enter(Device.CPU, DType.BFLOAT16)) {
                y = product.withAutocast().apply(a, b);
            }
            y.sum().backward();
            assertThat(product.seen).containsExactly("float32 float32 bfloat16 true", "bfloat16 bfloat16 true");
            assertThat(a.grad().dtype()).isEqualTo(DType.FLOAT32);
            assertThat(Autocast.isEnabled(Device.Type.CPU)).isFalse();
        }
    }

    /** With {@code custom_fwd(device_type="cpu", cast_inputs=torch.float32)}. */
    @Test void inputs_are_converted_and_autocast_is_off_if_asked() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.rand(2, 3).requiresGrad_(true), b = Torch.rand(3, 4).to(DType.BFLOAT16).requiresGrad_(true), y;
            var product = new Product();
            product.castInputs(DType.FLOAT32);
            try (var cast = Autocast.enter(Device.CPU, DType.BFLOAT16)) {
                y = product.apply(a, b);
                y.sum().backward();
                assertThat(Autocast.isEnabled(Device.Type.CPU)).isTrue();
            }
            assertThat(product.seen).containsExactly("float32 float32 float32 false", "float32 float32 false");
            assertThat(b.grad().dtype()).isEqualTo(DType.BFLOAT16);
            product.seen.clear();
            product.apply(a, b.detach().to(DType.FLOAT32)).sum().backward();
            assertThat(product.seen).containsExactly("float32 float32 float32 false", "float32 float32 false");
        }
    }
}
