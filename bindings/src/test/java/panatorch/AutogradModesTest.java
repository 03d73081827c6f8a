package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

/** Anomaly mode, checkpoints, forward-mode derivatives, inference mode, gradient checks. */
@NoTensorLeaks
class AutogradModesTest {
    private static Tensor leaf(double... values) { return Torch.tensor(values).requiresGrad_(true); }

    @Test void anomaly_mode_names_the_operator_and_the_place_where_it_was_called() {
        try (var scope = Scope.open(); var on = AnomalyMode.enter()) {
            Tensor x = leaf(-1, 4);
            Tensor y = theSquareRoot(x).sum();
            assertThatThrownBy(y::backward).isInstanceOf(TorchException.class).hasMessageContaining("SqrtBackward0")
                    .hasMessageContaining("nan")
                    .satisfies(e -> assertThat(e.getSuppressed()).singleElement().satisfies(site -> {
                        assertThat(site).hasMessageContaining("aten::sqrt");
                        assertThat(Arrays.stream(site.getStackTrace()).map(StackTraceElement::getMethodName)).contains("theSquareRoot");
                    }));
        }
        try (var scope = Scope.open()) {
            theSquareRoot(leaf(-1)).sum().backward();
        }
    }

    private static Tensor theSquareRoot(Tensor x) { return x.sqrt(); }

    @Test void anomaly_mode_finds_a_tensor_that_was_changed_in_place() {
        try (var scope = Scope.open(); var on = AnomalyMode.enter(false)) {
            Tensor x = leaf(1, 2), y = x.exp();
            y.add_(1);
            assertThatThrownBy(() -> y.sum().backward()).isInstanceOf(TorchException.class)
                    .hasMessageContaining("modified by an inplace operation")
                    .satisfies(e -> assertThat(e.getSuppressed()[0]).hasMessageContaining("aten::exp"));
        }
    }

    @Test void a_checkpoint_has_the_gradients_of_its_segment_and_of_its_parameters() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(0.3, -2), w = leaf(1.5, 0.5);
            java.util.function.UnaryOperator<Tensor> segment = t -> t.mul(w).sin().mul(t);
            segment.apply(x).sum().backward();
            double[] ofX = x.grad().toDoubleArray(), ofW = w.grad().toDoubleArray();
            x.setGrad(null);
            w.setGrad(null);
            Autograd.checkpoint(segment, Autograd.checkpoint(t -> t, x)).sum().backward();
            assertThat(x.grad().toDoubleArray()).containsExactly(ofX);
            assertThat(w.grad().toDoubleArray()).containsExactly(ofW);
            w.setGrad(null);
            Autograd.checkpoint(segment, x.detach()).sum().backward(); // only the parameter requires a gradient
            assertThat(w.grad().toDoubleArray()).containsExactly(ofW);
        }
    }

    @Test void a_checkpoint_draws_the_same_random_numbers_and_computes_in_the_same_precision_again() {
        try (var scope = Scope.open()) {
            var values = new ArrayList<double[]>();
            var types = new ArrayList<DType>();
            Tensor x = Torch.ones(DType.FLOAT32, 8, 8).requiresGrad_(true), w = Torch.ones(DType.FLOAT32, 8, 8);
            Torch.manualSeed(1);
            Tensor y;
            try (var low = Autocast.enter(Device.Type.CPU, DType.BFLOAT16)) {
                y = Autograd.checkpoint(t -> {
                    Tensor product = t.mm(w), kept = Aten.dropout(product, 0.5, true);
                    types.add(product.dtype());
                    values.add(kept.toDoubleArray());
                    return kept;
                }, x);
            }
            double next = Aten.rand(new long[0]).itemDouble();
            Torch.manualSeed(1);
            Aten.dropout(x.mm(w), 0.5, true);
            y.sum().backward();
            assertThat(Aten.rand(new long[0]).itemDouble()).as("numbers go on as if nothing had been drawn").isEqualTo(next);
            assertThat(types).containsExactly(DType.BFLOAT16, DType.BFLOAT16);
            assertThat(values.get(1)).containsExactly(values.get(0));
        }
    }

    @Test void a_checkpoint_keeps_no_intermediate_results() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1, 2);
            long before = Torch.liveTensors();
            Tensor y = Autograd.checkpoint(t -> {
                for (int i = 0; i < 50; i++) t = t.sin();
                return t;
            }, x);
            assertThat(Torch.liveTensors() - before).isLessThan(10);
            y.sum().backward();
            Tensor expected = Autograd.grad(sines(x).sum(), x).getFirst();
            assertThat(x.grad().toDoubleArray()).containsExactly(expected.toDoubleArray());
        }
    }

    private static Tensor sines(Tensor t) {
        for (int i = 0; i < 50; i++) t = t.sin();
        return t;
    }

    @Test void what_a_checkpoint_cannot_do_is_an_error() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1);
            assertThatThrownBy(() -> Autograd.grad(Autograd.checkpoint(Tensor::exp, x), x)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("backward");
            assertThatThrownBy(() -> Autograd.backward(Autograd.checkpoint(Tensor::exp, x), null, true, true))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("differentiated again");
        }
    }

    @Test void finite_differences_agree_with_right_derivatives_and_not_with_wrong_ones() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(0.5, -1.2), y = leaf(2, 0.3);
            for (Function f : List.of(new FunctionTest.Exp(), new FunctionTest.Cube())) {
                GradCheck.DEFAULT.gradcheck(f::applyAll, List.of(x));
                GradCheck.DEFAULT.gradgradcheck(f::applyAll, List.of(x));
            }
            GradCheck.DEFAULT.gradcheck(new FunctionTest.Several()::applyAll, List.of(x, y));
            GradCheck.DEFAULT.gradgradcheck(in -> List.of(in.get(0).mul(in.get(1)).tanh()), List.of(x, y));
            var wrong = new FunctionTest.Exp() {
                @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
                    return List.of(gradients.getFirst().mul(2));
                }
            };
            assertThatThrownBy(() -> GradCheck.DEFAULT.gradcheck(wrong::applyAll, List.of(x))).isInstanceOf(AssertionError.class)
                    .hasMessageContaining("output 0 by input 0").hasMessageContaining("is 2.0");
            assertThatThrownBy(() -> GradCheck.DEFAULT.gradcheck(in -> in, List.of(Torch.ones(DType.FLOAT32, 1).requiresGrad_(true))))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("float64");
        }
    }

    @Test void a_constant_where_a_derivative_depends_on_its_input_is_found_by_the_second_check() {
        var once = new Function() {
            @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
                Tensor y = inputs.getFirst().exp(), hidden = y.mul(1); // saved, but neither an input nor an output
                context.save(hidden);
                return List.of(y);
            }

            @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
                return List.of(gradients.getFirst().mul(context.saved().getFirst()));
            }
        };
        try (var scope = Scope.open()) {
            Tensor x = leaf(0.5);
            GradCheck.DEFAULT.gradcheck(once::applyAll, List.of(x));
            assertThatThrownBy(() -> GradCheck.DEFAULT.gradgradcheck(once::applyAll, List.of(x))).isInstanceOf(AssertionError.class);
        }
    }

    /** J·v of x ↦ (x₀·x₁, sin x₀) at (2, 3) with v = (1, −1). */
    @Test void forward_mode_gives_the_product_of_jacobian_and_tangent() {
        try (var scope = Scope.open(); var forward = ForwardAd.enter()) {
            Tensor x = forward.dual(Torch.tensor(new double[] {2, 3}), Torch.tensor(new double[] {1, -1}));
            Tensor y = Aten.stack(List.of(x.get(Index.index(0)).mul(x.get(Index.index(1))), x.get(Index.index(0)).sin()));
            assertThat(forward.tangent(y).toDoubleArray()).containsExactly(new double[] {1, Math.cos(2)}, within(1e-15));
            assertThat(forward.primal(y).toDoubleArray()).containsExactly(new double[] {6, Math.sin(2)}, within(1e-15));
            assertThat(forward.tangent(Torch.ones(DType.FLOAT64, 2))).isNull();
            assertThatThrownBy(ForwardAd::enter).isInstanceOf(IllegalStateException.class).hasMessageContaining("nest");
        }
        ForwardAd.enter().close();
    }

    @Test void inference_mode_makes_tensors_that_no_graph_takes() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(1), y;
            try (var on = InferenceMode.enter()) {
                assertThat(InferenceMode.isEnabled()).isTrue();
                y = x.mul(2);
                assertThat(y.requiresGrad()).isFalse();
            }
            assertThat(InferenceMode.isEnabled()).isFalse();
            assertThatThrownBy(() -> x.mul(y)).isInstanceOf(TorchException.class)
                    .hasMessageContaining("nference tensors cannot be saved for backward");
        }
    }

    @Test void chosen_leaves_alone_get_gradients() {
        try (var scope = Scope.open()) {
            Tensor x = leaf(2), y = leaf(3), product = x.mul(y);
            Autograd.backward(List.of(product), null, true, false, List.of(y));
            assertThat(x.grad()).isNull();
            assertThat(y.grad().itemDouble()).isEqualTo(2);
            Autograd.backward(List.of(product, x.mul(x)), null, false, false, List.of());
            assertThat(x.grad().itemDouble()).isEqualTo(7);
            assertThatThrownBy(() -> Autograd.backward(List.of(x.mul(x)), List.of(), false, false, List.of()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test void closing_a_mode_closes_those_opened_inside_it() {
        var off = NoGrad.enter();
        var on = NoGrad.enableGrad();
        off.close();
        assertThat(NoGrad.isGradEnabled()).isTrue();
        on.close();
        assertThat(NoGrad.isGradEnabled()).isTrue();
    }
}
