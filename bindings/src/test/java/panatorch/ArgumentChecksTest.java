package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.jspecify.annotations.Nullable;
import panatorch.junit.NoTensorLeaks;

/** Calls that end the process in libtorch, which the fuzzer found, are refused before. */
@NoTensorLeaks
class ArgumentChecksTest {
    private static final boolean[] ALL = {true, true, true};

    private record Wrong(String operator, String says, @Nullable Object... arguments) {}

    private static Tensor f(long... shape) { return Torch.ones(shape); }

    private static Tensor i() { return Torch.ones(DType.INT64, 3, 2); }

    private static Stream<Wrong> calls() {
        return Stream.of(
                new Wrong("aten::native_batch_norm", "running_mean must be given", f(4, 5), null, null, null, null, false, 0.0, 1.0),
                new Wrong("aten::native_batch_norm", "bias must have the shape [5], one number for each channel", f(4, 5), null, f(0, 4),
                        null,
                        null, true, 0.0, 1.0),
                new Wrong("aten::_native_batch_norm_legit.no_stats", "running_mean must be given", f(4, 1, 2, 1), null, null, false, 1.0,
                        0.0),
                new Wrong("aten::_batch_norm_no_update", "running_mean must be given", f(4, 1), null, null, null, null, 1e-5, 2.0),
                new Wrong("aten::native_batch_norm_backward", "grad_out must have the shape of input", f(4, 1), f(4, 3), null, null, null,
                        null,
                        f(4, 1), false, 1e-5, ALL),
                new Wrong("aten::_adaptive_avg_pool3d_backward", "self must not be empty, as grad_output is not", f(1, 5, 3, 4),
                        f(1, 0, 3, 4)),
                new Wrong("aten::_adaptive_avg_pool2d_backward", "the same batches and channels", f(1, 5, 3, 4), f(1, 4, 3, 4)),
                new Wrong("aten::_nnpack_spatial_convolution", "input must have 4 dimensions, not ", f(), f(2, 2, 1, 2), null, List.of(0),
                        List.of(0, 3, 1)),
                new Wrong("aten::quantized_lstm_cell", "hx must have 2 elements, not 1", f(4, 1), List.of(f(4, 1)), f(4, 1), f(4, 1), f(4),
                        f(4),
                        f(4, 1), f(4, 1), f(4), f(4), 0.0, 2, -1.0, 7),
                new Wrong("aten::_thnn_differentiable_gru_cell_backward", "input_gates must be a matrix of 3 equal parts", f(1, 2),
                        f(1, 3, 1),
                        f(1, 2, 1), f(1, 2, 1), null, null),
                new Wrong("aten::_cholesky_solve_helper", "A must be square", f(1, 0, 4), f(1, 0), false),
                new Wrong("aten::_cdist_backward", "grad and cdist must have the shape", f(2), f(1, 4, 4), f(2, 0), 1.0, f(2, 0)),
                new Wrong("aten::_pdist_backward", "self must be a matrix of N rows", f(2, 4, 3, 1), f(4, 2), -1.0, f(4, 2, 0)),
                new Wrong("aten::_foreach_copy", "lists of one length", List.of(f(2)), List.of(f(2), f(2)), false),
                new Wrong("aten::_saturate_weight_to_fp16", "a float32 matrix that is not empty", f(1, 2, 0)),
                new Wrong("_quantized::linear_prepack_fp16", "a float32 matrix that is not empty", f(1, 2, 2), null),
                new Wrong("aten::_neg_view_copy", "self must not be a quantized tensor", Aten.quantizePerTensor(f(3), 0.1, 1, DType.QINT8)),
                new Wrong("aten::_reshape_alias_copy", "reach beyond the elements", f(3, 3), List.of(3, 3), List.of(1L << 40, 2)),
                new Wrong("aten::_dyn_quant_matmul_4bit", "block_size must be positive, not 0", f(3, 1, 0), f(3, 3, 3), 0, 2, 3),
                new Wrong("aten::native_group_norm", "input must have N · C · HxW elements", f(2, 2, 1, 1), null, null, 65536, 1, 1, 1,
                        1e-5),
                new Wrong("aten::reflection_pad2d_backward", "padding must have 4 elements, not 0", f(), f(), List.of()),
                new Wrong("aten::_fft_r2c", "dim must list dimensions of self, which has ", f(4, 1), List.of(65536, 1), 2, true),
                new Wrong("aten::smooth_l1_loss_backward", "must not be an integer tensor", i(), i(), i(), 0, 0.1),
                new Wrong("aten::_weight_norm", "v must not be empty", f(1, 0), f(1, 0)),
                new Wrong("aten::clone", "unknown code of memory_format: 4", f(2), 4),
                new Wrong("aten::_log_softmax_backward_data", "grad_output must have the shape of output", f(2, 3), f(4, 1), 1, 6),
                new Wrong("aten::native_layer_norm_backward", "rstd must have 3 numbers, one for each row", f(3, 2), f(3, 2), List.of(2),
                        f(3),
                        f(0), f(2), f(2), ALL),
                new Wrong("aten::_batch_norm_impl_index_backward", "weight must have the shape [3]", 0, f(1, 3), f(1, 3), f(0), f(3), f(3),
                        f(3),
                        f(3), false, 0.0, ALL, f(0)),
                new Wrong("aten::batch_norm_update_stats", "running_var must have the shape [5]", f(3, 5, 4), null, f(0), 0.0),
                new Wrong("aten::_convolution_double_backward", "self must have 4 dimensions, as weight has", null, null, null,
                        f(1, 1, 3, 3),
                        f(1, 1, 2, 2), f(2), List.of(1, 1), List.of(0, 0), List.of(1, 1), false, List.of(0, 0), 1, ALL),
                new Wrong("aten::_convolution_double_backward", "stride must have 2 elements, not 1", null, null, null, f(1, 1, 3, 3),
                        f(1, 1, 2, 2),
                        f(1, 1, 3, 3), List.of(1), List.of(0, 0), List.of(1, 1), false, List.of(0, 0), 1, ALL),
                new Wrong("aten::_fft_c2c", "dim must list dimensions of self, which has ", Torch.ones(DType.COMPLEX64, 3), List.of(100), 2,
                        false),
                new Wrong("aten::_new_zeros_with_same_feature_meta", "self_num_batch_dims must be from 0 to 2", f(3, 2), f(3, 2), -3),
                new Wrong("aten::_remove_batch_dim", "out_dim must be from 0 to 1", f(3), 3, 1, -3),
                new Wrong("aten::_scaled_dot_product_flash_attention_for_cpu", "G divides H", f(1, 1, 4, 8), f(1, 2, 4, 8), f(1, 2, 4, 8)),
                new Wrong("aten::_scaled_dot_product_flash_attention_for_cpu", "G divides H", f(1, 0, 2, 4), f(1, 0, 2, 4), f(1, 0, 2, 4)),
                new Wrong("aten::copy", "the same layout", f(2, 2).toSparse(), f(2, 2)),
                new Wrong("aten::_adaptive_avg_pool2d", "output_size must have 2 elements, not 0", f(3, 4, 5), List.of()),
                new Wrong("aten::_nnpack_spatial_convolution", "each number of padding must be at least 0", f(2, 2, 4, 1), f(2, 2, 4, 1),
                        null,
                        List.of(3, -2), List.of(1, 1)),
                new Wrong("aten::_nnpack_spatial_convolution", "each number of stride must be at least 1", f(2, 2, 4, 1), f(2, 2, 4, 1),
                        null,
                        List.of(0, 0), List.of(1, 1L << 31)),
                new Wrong("aten::_weight_norm", "g must have 2 numbers, one for each index of dimension 0", f(2), f(4), 0),
                new Wrong("aten::_weight_norm_interface_backward", "saved_norms must have 4 numbers", f(4, 2), f(4, 2), f(4), f(0), 0),
                new Wrong("aten::_cummax_helper", "values must have the shape of self", i(), f(0), i(), 0),
                new Wrong("aten::_cummin_helper", "self must not be empty", f(0), f(0), Torch.ones(DType.INT64, 0), 0),
                new Wrong("aten::_embedding_bag", "offsets must have 1 dimensions, not ", f(4, 2), Torch.zeros(DType.INT64, 3),
                        Torch.zeros(DType.INT64, 5, 0)),
                new Wrong("aten::_stack", "tensors must not be empty", List.of(), 0),
                new Wrong("aten::lu_unpack", "LU_pivots must have the batches of LU_data", f(3, 4, 4), Torch.ones(DType.INT32, 3, 2)),
                new Wrong("aten::range.step", "the step of an integer range must be at least 1", 0.0, 3, 1e-5, DType.INT64),
                new Wrong("aten::_nested_compute_contiguous_strides_offsets", "nested_size must be an int64 matrix",
                        Torch.ones(DType.INT64, 0, 4, 2)),
                new Wrong("aten::_nested_from_padded", "a row of sizes for each", f(3, 2), Torch.ones(DType.INT64, 1, 1)),
                new Wrong("aten::lstm.input", "num_layers must be positive", f(3, 1, 2), List.of(f(1, 1, 2), f(1, 1, 2)),
                        List.of(f(8, 2), f(8, 2)), false, 1L << 40, 0.0, true, false, false),
                new Wrong("aten::_sobol_engine_initialize_state_", "with a dimension from 1 to 21201", i(), 1L << 40),
                new Wrong("aten::_sobol_engine_scramble_", "ltm must have the shape [dimension, 30, 30]", Torch.ones(DType.INT64, 3, 30),
                        Torch.ones(DType.INT64, 3, 3, 3), 3),
                new Wrong("aten::_sobol_engine_draw", "a Sobol sequence has 2³⁰ points", Torch.ones(DType.INT64, 3), 1L << 40,
                        Torch.ones(DType.INT64, 3, 30), 3, 0, null),
                new Wrong("aten::fbgemm_pack_quantized_matrix.KN", "input must be a matrix that is not empty", Torch.ones(DType.INT8, 1, 0),
                        1,
                        2),
                new Wrong("quantized::make_quantized_cell_params", "w_hh must be a matrix that is not empty", f(3, 2), f(4, 0), f(3), f(4)),
                new Wrong("quantized::conv1d_prepack", "stride must have 1 elements, not 3", f(2, 2, 2), null, List.of(1, 1, 1), List.of(0),
                        List.of(1), 1),
                new Wrong("quantized::conv_transpose1d_prepack", "output_padding must have 1 elements, not 2", f(2, 2, 2), null, List.of(1),
                        List.of(0), List.of(0, 0), List.of(1), 1),
                new Wrong("quantized::linear_prepack_fp16", "W must be a float32 matrix that is not empty", f(2, 0)),
                new Wrong("onednn::linear_prepack_fp16", "weight must be a float32 matrix that is not empty", f(2, 2, 0), null),
                new Wrong("mkldnn::_reorder_mkldnn_rnn_layer_weight", "hidden_size must be positive, not -3", f(8, 2), f(8, 2), -3, true,
                        false,
                        false),
                new Wrong("mkldnn::_reorder_mkldnn_rnn_layer_weight", "[4 · hidden_size, I]", f(8, 2), f(8, 3), 2, true, false, false),
                new Wrong("aten::mkldnn_rnn_layer", "hx_ must have N · hidden_size elements", f(3, 1, 2), f(8, 2), f(8, 2), f(8), f(8),
                        f(1),
                        f(1, 2), false, List.of(), 2, 2, 1, true, false, false, false),
                new Wrong("mkldnn::_reorder_convolution_weight", "each number of dilation must be at least 1", f(1, 1, 2, 2), List.of(0, 0),
                        List.of(1, 1), List.of(0), 1),
                new Wrong("aten::_transform_bias_rescale_qkv", "qkv must hold a positive multiple of 3 · num_heads numbers", f(2, 3, 0),
                        f(0), 2),
                new Wrong("aten::_chunk_cat", "tensor 0 of tensors lacks the dimension dim, 0", List.of(f()), 0, 2),
                new Wrong("aten::_fused_sgd_", "element 0 of grads must have as many elements as its parameter, 4, not 9", List.of(f(2, 2)),
                        List.of(f(3, 3)), List.of(),
                        0.0, 0.0, 0.1, 0.0, false, false, true),
                new Wrong("_quantized::conv_transpose1d_prepack", "stride must have 1 elements, not 3", f(2, 2, 1), null, List.of(2, 1, 1),
                        List.of(0), List.of(0), List.of(1), 1),
                new Wrong("aten::fbgemm_linear_quantize_weight", "a float32 matrix that is not empty", f(2, 3, 0)),
                new Wrong("aten::_logcumsumexp.out", "out must have the shape of self", f(3, 4), 0, f(3)),
                new Wrong("aten::_fft_c2r", "dim must list dimensions of self, which has ", Torch.ones(DType.COMPLEX64, 3, 2), List.of(-2),
                        1, 2),
                new Wrong("aten::lstm.input", "the tensors of hx must have 3 dimensions, not 2", f(3, 1, 2), List.of(f(1, 2), f(1, 2)),
                        List.of(f(8, 2), f(8, 2)),
                        false, 1, 0.0, true, false, false),
                new Wrong("aten::lstm.input", "params must have 4 tensors, or 5 with projections, not 2", f(3, 1, 2),
                        List.of(f(1, 1, 2), f(1, 1, 2)),
                        List.of(f(8, 2), f(8, 2)), true, 1, 0.0, true, false, false),
                new Wrong("aten::lstm.input", "tensor 1 of params must be a matrix, as a weight", f(3, 1, 2),
                        List.of(f(1, 1, 2), f(1, 1, 2)), List.of(f(8, 2), f(8)), false,
                        1, 0.0, true, false, false),
                new Wrong("aten::zero", "self must not be a oneDNN tensor", f(3, 2).toMkldnn()),
                new Wrong("aten::mkldnn_rnn_layer_backward", "workspace must be the bytes", f(3, 1, 2), f(8, 2), f(8, 2), f(8), f(8),
                        f(1, 2), f(1, 2), f(3, 1, 2), f(1, 2), f(1, 2), f(3, 1, 2), null, null,
                        false, 2, 2, 1, true, true, false, List.of(), false, f(1)),
                new Wrong("aten::promote_types", "unknown code of type1: -100", -100, -1));
    }

    @TestFactory Stream<DynamicTest> a_call_that_libtorch_dies_of_is_refused() {
        try (var scope = Scope.open()) {
            return calls().map(Wrong::operator).toList().stream().distinct().map(op -> DynamicTest.dynamicTest(op, () -> {
                try (var own = Scope.open()) {
                    calls().filter(w -> w.operator.equals(op))
                            .forEach(w -> assertThatThrownBy(() -> Operators.call(w.operator, w.arguments))
                                    .as(Arrays.toString(w.arguments)).isInstanceOf(IllegalArgumentException.class)
                                    .hasMessageContaining(w.says));
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

    @Test void the_operators_that_are_checked_still_compute() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(3, 1, 2), w = Torch.randn(8, 2), u = Torch.randn(8, 2), b = f(8), c = f(8), h = f(1, 1, 2);
            var lstm = Operators.call("aten::mkldnn_rnn_layer", x, w, u, b, c, h, h, false, List.of(), 2, 2, 1, true, false, false, false);
            var plain = Aten.lstm(x, List.of(h, h), List.of(w, u, b, c), true, 1, 0, false, false, false);
            assertThat(close((Tensor) lstm.getFirst(), plain.result0())).isTrue();
            x.requiresGrad_(true);
            // by oneDNN's backward operator
            Aten.lstm(x, List.of(h, h), List.of(w, u, b, c), true, 1, 0, true, false, false).result0().sum().backward();
            assertThat(x.grad().shape()).containsExactly(3, 1, 2);
            Tensor lu = Torch.randn(2, 3, 3);
            var factors = Aten.linalgLuFactor(lu);
            var parts = Aten.luUnpack(factors.LU(), factors.pivots());
            assertThat(close(parts.P().matmul(parts.L()).matmul(parts.U()), lu)).isTrue();
            assertThat(((Tensor) Operators.call("aten::range.step", 0, 3, 1, DType.INT64).getFirst()).toLongArray()).containsExactly(0, 1,
                    2, 3);
            Tensor v = Torch.randn(4, 2).requiresGrad_(true), g = f(4, 1).requiresGrad_(true);
            Aten._weightNorm(v, g, 0).sum().backward();
            assertThat(g.grad().shape()).containsExactly(4, 1);
            assertThat(Aten.softmax(Torch.randn(2, 3).requiresGrad_(true), 1).shape()).containsExactly(2, 3);
        }
    }

    private static boolean close(Tensor a, Tensor b) { return Aten.allclose(a, b, 1e-4, 1e-5); }

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
