package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Calls that end the process in libtorch, which the fuzzer found, are refused before. */
@NoTensorLeaks
class GuardsTest {
    private static final boolean[] ALL = {true, true, true};

    private record Wrong(String operator, String says, @Nullable Object... arguments) {}

    private static Tensor f(long... shape) { return Torch.ones(shape); }

    private static Tensor i() { return Torch.ones(DType.INT64, 3, 2); }

    private static Stream<Wrong> calls() {
        return Stream.of(
                new Wrong("aten::native_batch_norm", "running_mean is needed here", f(4, 5), null, null, null, null, false, 0.0, 1.0),
                new Wrong("aten::native_batch_norm", "bias has the shape [5], one number for each channel", f(4, 5), null, f(0, 4), null, null, true, 0.0, 1.0),
                new Wrong("aten::_native_batch_norm_legit.no_stats", "running_mean is needed here", f(4, 1, 2, 1), null, null, false, 1.0, 0.0),
                new Wrong("aten::_batch_norm_no_update", "running_mean is needed here", f(4, 1), null, null, null, null, 1e-5, 2.0),
                new Wrong("aten::native_batch_norm_backward", "grad_out has the shape of input", f(4, 1), f(4, 3), null, null, null, null, f(4, 1), false, 1e-5, ALL),
                new Wrong("aten::_adaptive_avg_pool3d_backward", "self is empty, and grad_output is not", f(1, 5, 3, 4), f(1, 0, 3, 4)),
                new Wrong("aten::_adaptive_avg_pool2d_backward", "different batches or channels", f(1, 5, 3, 4), f(1, 4, 3, 4)),
                new Wrong("aten::_nnpack_spatial_convolution", "input has 4 dimensions", f(), f(2, 2, 1, 2), null, List.of(0), List.of(0, 3, 1)),
                new Wrong("aten::quantized_lstm_cell", "hx has 2 elements, not 1", f(4, 1), List.of(f(4, 1)), f(4, 1), f(4, 1), f(4), f(4), f(4, 1), f(4, 1), f(4), f(4), 0.0, 2, -1.0, 7),
                new Wrong("aten::_thnn_differentiable_gru_cell_backward", "input_gates is a matrix of 3 equal parts", f(1, 2), f(1, 3, 1), f(1, 2, 1), f(1, 2, 1), null, null),
                new Wrong("aten::_cholesky_solve_helper", "A is square", f(1, 0, 4), f(1, 0), false),
                new Wrong("aten::_cdist_backward", "grad and cdist have the shape", f(2), f(1, 4, 4), f(2, 0), 1.0, f(2, 0)),
                new Wrong("aten::_pdist_backward", "self is a matrix of N rows", f(2, 4, 3, 1), f(4, 2), -1.0, f(4, 2, 0)),
                new Wrong("aten::_foreach_copy", "lists of different lengths", List.of(f(2)), List.of(f(2), f(2)), false),
                new Wrong("aten::_saturate_weight_to_fp16", "a float32 matrix that is not empty", f(1, 2, 0)),
                new Wrong("_quantized::linear_prepack_fp16", "a float32 matrix that is not empty", f(1, 2, 2), null),
                new Wrong("aten::_neg_view_copy", "not of a quantized tensor", Aten.quantizePerTensor(f(3), 0.1, 1, DType.QINT8)),
                new Wrong("aten::_reshape_alias_copy", "reach beyond the elements", f(3, 3), List.of(3, 3), List.of(1L << 40, 2)),
                new Wrong("aten::_dyn_quant_matmul_4bit", "block_size is positive, not 0", f(3, 1, 0), f(3, 3, 3), 0, 2, 3),
                new Wrong("aten::native_group_norm", "input has N · C · HxW elements", f(2, 2, 1, 1), null, null, 65536, 1, 1, 1, 1e-5),
                new Wrong("aten::reflection_pad2d_backward", "padding has 4 elements, not 0", f(), f(), List.of()),
                new Wrong("aten::_fft_r2c", "dim lists dimensions of self", f(4, 1), List.of(65536, 1), 2, true),
                new Wrong("aten::smooth_l1_loss_backward", "of whole numbers", i(), i(), i(), 0, 0.1),
                new Wrong("aten::_weight_norm", "v is empty", f(1, 0), f(1, 0)),
                new Wrong("aten::clone", "no memory_format has libtorch's code 4", f(2), 4),
                new Wrong("aten::promote_types", "no type1 has libtorch's code -100", -100, -1));
    }

    @TestFactory Stream<DynamicTest> a_call_that_libtorch_dies_of_is_refused() {
        try (var scope = Scope.open()) {
            return calls().map(Wrong::operator).toList().stream().distinct().map(op -> DynamicTest.dynamicTest(op, () -> {
                try (var own = Scope.open()) {
                    calls().filter(w -> w.operator.equals(op)).forEach(w -> assertThatThrownBy(() -> Operators.call(w.operator, w.arguments))
                            .as(Arrays.toString(w.arguments)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(w.says));
                }
            }));
        }
    }

    @Test void what_fits_goes_through_as_before() {
        try (var scope = Scope.open()) {
            assertThat(Aten.nativeBatchNorm(f(4, 5), null, null, f(5), f(5), false, 0.1, 0).result0().shape()).containsExactly(4, 5);
            assertThat(Aten.nativeBatchNorm(f(4, 5), f(5), null, null, null, true, 0.1, 1e-5).result0().shape()).containsExactly(4, 5);
            Tensor x = f(4, 3).requiresGrad_(true);
            Aten.batchNorm(x, null, null, f(3), f(3), true, 0.1, 1e-5, false).sum().backward();
            assertThat(x.grad().shape()).containsExactly(4, 3);
        }
    }

    @Test void zeros_without_memory_are_read_as_zeros() {
        try (var scope = Scope.open()) {
            assertThat(Aten._efficientzerotensor(new long[] {2}, DType.FLOAT32)).hasToString("tensor([0., 0.])");
        }
    }

    /** Before, libtorch looked up the C++ functions of each error: several milliseconds. */
    @Test void a_failing_call_costs_microseconds() {
        try (var scope = Scope.open()) {
            Tensor x = f(2, 3);
            long best = Long.MAX_VALUE;
            for (int i = 0; i < 300; i++) {
                long begun = System.nanoTime();
                assertThatThrownBy(() -> x.mm(x)).hasMessageContaining("cannot be multiplied");
                best = Math.min(best, System.nanoTime() - begun);
            }
            assertThat(best).isLessThan(1_500_000);
        }
    }
}
