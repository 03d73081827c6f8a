package panatorch;

import static panatorch.ArgumentRules.dimensions;
import static panatorch.ArgumentRules.directions;
import static panatorch.ArgumentRules.each;
import static panatorch.ArgumentRules.fits;
import static panatorch.ArgumentRules.length;
import static panatorch.ArgumentRules.lengths;
import static panatorch.ArgumentRules.numel;
import static panatorch.ArgumentRules.parts;
import static panatorch.ArgumentRules.pivots;
import static panatorch.ArgumentRules.points;
import static panatorch.ArgumentRules.positive;
import static panatorch.ArgumentRules.rank;
import static panatorch.ArgumentRules.sameLeading;
import static panatorch.ArgumentRules.sameShape;
import static panatorch.ArgumentRules.sizes;
import static panatorch.RecurrentRules.lstmWeights;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Argument checks for operators that libtorch does not validate itself and that would otherwise crash the process. Most are parts of other
 * operators, which do check. The fuzzer {@code panatorch.fuzz.Operators} found them.
 */
final class ArgumentChecks {
    private ArgumentChecks() {}

    /** Returns what is wrong with the arguments, or null. */
    @FunctionalInterface
    interface Check {
        @Nullable String problem(ArgumentView a);

        default Check and(Check other) {
            return a -> {
                String p = problem(a);
                return p != null ? p : other.problem(a);
            };
        }
    }

    private static final Map<String, Check> TABLE = new HashMap<>();

    static @Nullable Check of(String operator) { return TABLE.get(operator); }

    static {
        for (String op : List.of("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_functional",
                "_native_batch_norm_legit_no_training", "_batch_norm_no_update",
                "_batch_norm_with_update", "_batch_norm_with_update_functional", "batch_norm_update_stats", "native_batch_norm_backward",
                "batch_norm_backward", "_batch_norm_impl_index_backward"))
            put(op, ArgumentRules::statistics);
        put("_adaptive_avg_pool3d_backward", a -> sameLeading(a, "grad_output", "self", 3));
        put("_adaptive_avg_pool2d_backward", a -> sameLeading(a, "grad_output", "self", 2));
        put("quantized_lstm_cell", length("hx", 2));
        put("lstm_cell", length("hx", 2));
        put("_thnn_differentiable_gru_cell_backward", parts("input_gates", 3).and(parts("hidden_gates", 3)));
        put("_thnn_differentiable_lstm_cell_backward", parts("input_gates", 4).and(parts("hidden_gates", 4))
                .and(a -> a.given("grad_hy") || a.given("grad_cy") ? null : "grad_hy or grad_cy must be given"));
        put("_slow_conv2d_backward", rank("grad_output", 4).and(rank("self", 4)).and(rank("weight", 4)).and(length("kernel_size", 2))
                .and(length("stride", 2)).and(length("padding", 2)));
        put("_nnpack_spatial_convolution", rank("input", 4).and(rank("weight", 4)).and(length("stride", 2)).and(length("padding", 2))
                .and(each("stride", 1)).and(each("padding", 0)));
        put("_cholesky_solve_helper", ArgumentRules::triangularSystem);
        put("_cdist_backward", ArgumentRules::distances);
        put("_pdist_backward", ArgumentRules::pairs);
        put("_foreach_copy", a -> a.length("self") == a.length("src") ? null : "self and src must be lists of one length");
        for (String op : List.of("aten::_saturate_weight_to_fp16", "aten::fbgemm_pack_gemm_matrix_fp16", "_quantized::linear_prepack_fp16",
                "quantized::linear_prepack_fp16", "onednn::linear_prepack_fp16", "aten::fbgemm_linear_quantize_weight"))
            TABLE.put(op, ArgumentRules::packed);
        put("resize_", a -> fits(a, "self", a.integers("size"), a.offset("self")));
        put("_resize_output_", a -> fits(a, "self", a.integers("size"), a.offset("self")));
        put("resize_as_", a -> fits(a, "self", a.shape("the_template"), a.offset("self")));
        put("set_", a -> a.has("size") && a.given("source") ? fits(a, "source", a.integers("size"), a.integer("storage_offset")) : null);
        for (String op : List.of("_neg_view_copy", "_neg_view", "view_copy", "_lazy_clone"))
            put(op, a -> a.dtype("self").isQuantized() ? "self must not be a quantized tensor" : null);
        also("_lazy_clone", a -> ExportedMemory.holds(a.storage("self"))
                ? ExportedMemory.IN_USE + " and would be another tensor's; clone() copies it" : null);
        put("view", a -> a.has("dtype") && a.dtype("self").isQuantized() ? "self must not be a quantized tensor" : null);
        put("_reshape_alias", ArgumentRules::withinStorage);
        put("_reshape_alias_copy", ArgumentRules::withinStorage);
        put("_dyn_quant_matmul_4bit", positive("block_size", "in_features", "out_features"));
        put("_transform_bias_rescale_qkv",
                positive("num_heads").and(rank("qkv", 3))
                        .and(a -> numel(a.shape("qkv")) > 0 && a.shape("qkv")[2] / 3 >= a.integer("num_heads") ? null
                                : "qkv must hold a positive multiple of 3 · num_heads numbers for each element of a sequence"));
        put("native_group_norm",
                positive("N", "C", "group").and(a -> numel(a.shape("input")) == a.integer("N") * a.integer("C") * a.integer("HxW") ? null
                        : "input must have N · C · HxW elements"));
        for (int n = 1; n <= 3; n++) {
            put("reflection_pad" + n + "d_backward", length("padding", 2 * n));
            put("replication_pad" + n + "d_backward", length("padding", 2 * n));
            put("fractional_max_pool" + n + "d_backward", length("kernel_size", n).and(length("output_size", n)));
        }
        put("choose_qparams_optimized", ArgumentRules::bins);
        put("_fft_c2r", ArgumentRules::dimensions);
        put("_fft_r2c", ArgumentRules::dimensions);
        put("_pdist_forward", rank("self", 2));
        put("_weight_norm", a -> numel(a.shape("v")) > 0 ? lengths(a, "v", "g") : "v must not be empty");
        put("_weight_norm_interface", a -> numel(a.shape("v")) > 0 && numel(a.shape("g")) > 0 ? null : "v and g must not be empty");
        put("_weight_norm_interface_backward", sameShape("grad_w", "saved_v").and(a -> lengths(a, "saved_v", "saved_g", "saved_norms")));
        put("smooth_l1_loss_backward",
                a -> a.dtype("self").isInteger() ? "self must not be an integer tensor, which has no derivative" : null);
        for (String op : List.of("_log_softmax_backward_data", "_softmax_backward_data")) put(op, sameShape("grad_output", "output"));
        put("native_layer_norm_backward", sameShape("grad_out", "input").and(ArgumentRules::normalized));
        put("_convolution_double_backward", positive("groups")
                .and(a -> a.shape("weight").length > 2 ? null : "weight must have at least 3 dimensions").and(ArgumentRules::sameRank));
        put("_fft_c2c", a -> a.integers("dim").length == 0 ? null : dimensions(a));
        put("_new_zeros_with_same_feature_meta",
                a -> a.integer("self_num_batch_dims") >= 0 && a.integer("self_num_batch_dims") <= a.shape("self").length ? null
                        : "self_num_batch_dims must be from 0 to " + a.shape("self").length);
        put("_remove_batch_dim", a -> a.integer("out_dim") >= 0 && a.integer("out_dim") <= a.shape("self").length ? null
                : "out_dim must be from 0 to " + a.shape("self").length);
        put("copy", a -> !a.given("self") || !a.given("src") || a.layout("self") == a.layout("src") ? null
                : "self and src must have the same layout");
        for (String op : List.of("_adaptive_avg_pool2d", "mkldnn_adaptive_avg_pool2d")) put(op, length("output_size", 2));
        put("_adaptive_avg_pool3d", length("output_size", 3));
        for (String op : List.of("_cummax_helper", "_cummin_helper"))
            put(op, sameShape("values", "self").and(sameShape("indices", "self"))
                    .and(a -> numel(a.shape("self")) > 0 ? null : "self must not be empty"));
        for (String op : List.of("_embedding_bag", "_embedding_bag_forward_only"))
            put(op, rank("weight", 2).and(rank("indices", 1)).and(rank("offsets", 1)));
        for (String op : List.of("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_flash_attention_for_cpu_backward"))
            put(op, ArgumentRules::heads);
        put("_stack", a -> a.length("tensors") > 0 ? null : "tensors must not be empty");
        put("lu_unpack", a -> !a.truth("unpack_pivots") || Arrays.equals(a.shape("LU_pivots"), pivots(a.shape("LU_data"))) ? null
                : "LU_pivots must have the batches of LU_data and min(rows, columns) numbers for each");
        put("range", ArgumentRules::steps);
        put("_nested_compute_contiguous_strides_offsets",
                sizes("nested_size").and(a -> a.shape("nested_size")[0] > 0 ? null : "nested_size must not be empty"));
        put("_chunk_cat", ArgumentRules::chunked);
        put("_logcumsumexp",
                a -> a.has("out") && !Arrays.equals(a.shape("out"), a.shape("self")) ? "out must have the shape of self" : null);
        put("zero", a -> a.layout("self") == Layout.MKLDNN ? "self must not be a oneDNN tensor" : null);
        put("_nested_from_padded", sizes("cpu_nested_shape_example").and(a -> a.shape("padded").length > 0
                && Arrays.equals(a.shape("cpu_nested_shape_example"), new long[] {a.shape("padded")[0], a.shape("padded").length - 1})
                        ? null : "cpu_nested_shape_example must have a row of sizes for each row of padded"));
        for (String op : List.of("lstm", "gru", "rnn_tanh", "rnn_relu"))
            put(op, a -> a.integer("num_layers") >= 1 && a.integer("num_layers") <= a.length("params") ? null
                    : "num_layers must be positive, and params must hold tensors for each layer");
        also("lstm", RecurrentRules::lstm);
        put("_sobol_engine_initialize_state_", directions("self"));
        put("_sobol_engine_scramble_",
                directions("self").and(a -> Arrays.equals(a.shape("ltm"), new long[] {a.integer("dimension"), 30, 30}) ? null
                        : "ltm must have the shape [dimension, 30, 30]"));
        put("_sobol_engine_ff_", directions("sobolstate").and(points("self")));
        put("_sobol_engine_draw", directions("sobolstate").and(points("quasi")));
        for (String op : List.of("aten::fbgemm_pack_quantized_matrix", "quantized::make_quantized_cell_params"))
            for (String m : List.of("input", "w_ih", "w_hh"))
                TABLE.merge(op,
                        a -> !a.has(m) || a.shape(m).length == 2 && numel(a.shape(m)) > 0 ? null
                                : m + " must be a matrix that is not empty",
                        Check::and);
        TABLE.put("mkldnn::_reorder_mkldnn_rnn_layer_weight", positive("hidden_size").and(lstmWeights("weight0", "weight1")));
        put("mkldnn_rnn_layer",
                positive("hidden_size").and(rank("input", 3)).and(lstmWeights("weight0", "weight1")).and(RecurrentRules::lstmState));
        put("mkldnn_rnn_layer_backward",
                positive("hidden_size").and(rank("input", 3)).and(lstmWeights("weight1", "weight2")).and(RecurrentRules::lstmPast));
        TABLE.put("mkldnn::_reorder_convolution_weight",
                positive("groups").and(each("stride", 1)).and(each("dilation", 1)).and(each("padding", 0)).and(each("input_size", 1)));
        for (int n = 1; n <= 3; n++) for (String kind : List.of("conv", "conv_transpose")) {
            Check lists = positive("groups").and(rank("weight", n + 2))
                    .and(a -> numel(a.shape("weight")) > 0 ? null : "weight must not be empty");
            for (String list : List.of("stride", "padding", "dilation"))
                lists = lists.and(length(list, n)).and(each(list, list.equals("padding") ? 0 : 1));
            if (kind.equals("conv_transpose")) lists = lists.and(length("output_padding", n)).and(each("output_padding", 0));
            for (String space : List.of("quantized::", "_quantized::")) TABLE.put(space + kind + n + "d_prepack", lists);
        }
        for (String op : List.of("_fused_adam_", "_fused_adamw_", "_fused_sgd_", "_fused_adagrad_", "_fused_adam", "_fused_adamw",
                "_fused_sgd", "_fused_adagrad"))
            put(op, ArgumentRules::sameLengths);
    }

    private static void put(String operator, Check check) { TABLE.put("aten::" + operator, check); }

    private static void also(String operator, Check check) { TABLE.merge("aten::" + operator, check, Check::and); }
}
