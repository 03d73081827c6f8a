package panatorch;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Storages;

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
            put(op, ArgumentChecks::statistics);
        put("_adaptive_avg_pool3d_backward", a -> sameLeading(a, "grad_output", "self", 3));
        put("_adaptive_avg_pool2d_backward", a -> sameLeading(a, "grad_output", "self", 2));
        put("quantized_lstm_cell", length("hx", 2));
        put("lstm_cell", length("hx", 2));
        put("_thnn_differentiable_gru_cell_backward", parts("input_gates", 3).and(parts("hidden_gates", 3)));
        put("_thnn_differentiable_lstm_cell_backward", parts("input_gates", 4).and(parts("hidden_gates", 4))
                .and(a -> a.given("grad_hy") || a.given("grad_cy") ? null : "neither grad_hy nor grad_cy is given"));
        put("_slow_conv2d_backward", rank("grad_output", 4).and(rank("self", 4)).and(rank("weight", 4)).and(length("kernel_size", 2))
                .and(length("stride", 2)).and(length("padding", 2)));
        put("_nnpack_spatial_convolution", rank("input", 4).and(rank("weight", 4)).and(length("stride", 2)).and(length("padding", 2))
                .and(each("stride", 1)).and(each("padding", 0)));
        put("_cholesky_solve_helper", ArgumentChecks::triangularSystem);
        put("_cdist_backward", ArgumentChecks::distances);
        put("_pdist_backward", ArgumentChecks::pairs);
        put("_foreach_copy", a -> a.length("self") == a.length("src") ? null : "self and src are lists of different lengths");
        for (String op : List.of("aten::_saturate_weight_to_fp16", "aten::fbgemm_pack_gemm_matrix_fp16", "_quantized::linear_prepack_fp16",
                "quantized::linear_prepack_fp16", "onednn::linear_prepack_fp16", "aten::fbgemm_linear_quantize_weight"))
            TABLE.put(op, ArgumentChecks::packed);
        put("resize_", a -> fits(a, "self", a.integers("size"), a.offset("self")));
        put("_resize_output_", a -> fits(a, "self", a.integers("size"), a.offset("self")));
        put("resize_as_", a -> fits(a, "self", a.shape("the_template"), a.offset("self")));
        put("set_", a -> a.has("size") && a.given("source") ? fits(a, "source", a.integers("size"), a.integer("storage_offset")) : null);
        for (String op : List.of("_neg_view_copy", "_neg_view", "view_copy", "_lazy_clone"))
            put(op, a -> a.dtype("self").isQuantized() ? "not of a quantized tensor" : null);
        also("_lazy_clone", a -> ExportedMemory.holds(a.storage("self"))
                ? ExportedMemory.IN_USE + " and would be another tensor's; clone() copies it" : null);
        put("view", a -> a.has("dtype") && a.dtype("self").isQuantized() ? "not of a quantized tensor" : null);
        put("_reshape_alias", ArgumentChecks::withinStorage);
        put("_reshape_alias_copy", ArgumentChecks::withinStorage);
        put("_dyn_quant_matmul_4bit", positive("block_size", "in_features", "out_features"));
        put("_transform_bias_rescale_qkv",
                positive("num_heads").and(rank("qkv", 3))
                        .and(a -> numel(a.shape("qkv")) > 0 && a.shape("qkv")[2] / 3 >= a.integer("num_heads") ? null
                                : "qkv holds 3 · num_heads numbers or a multiple of it for each element of a sequence"));
        put("native_group_norm",
                positive("N", "C", "group").and(a -> numel(a.shape("input")) == a.integer("N") * a.integer("C") * a.integer("HxW") ? null
                        : "input has N · C · HxW elements"));
        for (int n = 1; n <= 3; n++) {
            put("reflection_pad" + n + "d_backward", length("padding", 2 * n));
            put("replication_pad" + n + "d_backward", length("padding", 2 * n));
            put("fractional_max_pool" + n + "d_backward", length("kernel_size", n).and(length("output_size", n)));
        }
        put("choose_qparams_optimized", ArgumentChecks::bins);
        put("_fft_c2r", ArgumentChecks::dimensions);
        put("_fft_r2c", ArgumentChecks::dimensions);
        put("_pdist_forward", rank("self", 2));
        put("_weight_norm", a -> numel(a.shape("v")) > 0 ? lengths(a, "v", "g") : "v is empty");
        put("_weight_norm_interface", a -> numel(a.shape("v")) > 0 && numel(a.shape("g")) > 0 ? null : "v or g is empty");
        put("_weight_norm_interface_backward", sameShape("grad_w", "saved_v").and(a -> lengths(a, "saved_v", "saved_g", "saved_norms")));
        put("smooth_l1_loss_backward", a -> a.dtype("self").isInteger() ? "of whole numbers there is no derivative" : null);
        for (String op : List.of("_log_softmax_backward_data", "_softmax_backward_data")) put(op, sameShape("grad_output", "output"));
        put("native_layer_norm_backward", sameShape("grad_out", "input").and(ArgumentChecks::normalized));
        put("_convolution_double_backward", positive("groups")
                .and(a -> a.shape("weight").length > 2 ? null : "weight has at least 3 dimensions").and(ArgumentChecks::sameRank));
        put("_fft_c2c", a -> a.integers("dim").length == 0 ? null : dimensions(a));
        put("_new_zeros_with_same_feature_meta",
                a -> a.integer("self_num_batch_dims") >= 0 && a.integer("self_num_batch_dims") <= a.shape("self").length ? null
                        : "self_num_batch_dims counts dimensions of self");
        put("_remove_batch_dim", a -> a.integer("out_dim") >= 0 && a.integer("out_dim") <= a.shape("self").length ? null
                : "out_dim is from 0 to " + a.shape("self").length);
        put("copy", a -> !a.given("self") || !a.given("src") || a.layout("self") == a.layout("src") ? null
                : "self and src have different layouts");
        for (String op : List.of("_adaptive_avg_pool2d", "mkldnn_adaptive_avg_pool2d")) put(op, length("output_size", 2));
        put("_adaptive_avg_pool3d", length("output_size", 3));
        for (String op : List.of("_cummax_helper", "_cummin_helper"))
            put(op, sameShape("values", "self").and(sameShape("indices", "self"))
                    .and(a -> numel(a.shape("self")) > 0 ? null : "self is empty"));
        for (String op : List.of("_embedding_bag", "_embedding_bag_forward_only"))
            put(op, rank("weight", 2).and(rank("indices", 1)).and(rank("offsets", 1)));
        for (String op : List.of("_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_flash_attention_for_cpu_backward"))
            put(op, ArgumentChecks::heads);
        put("_stack", a -> a.length("tensors") > 0 ? null : "tensors is empty");
        put("lu_unpack", a -> !a.truth("unpack_pivots") || Arrays.equals(a.shape("LU_pivots"), pivots(a.shape("LU_data"))) ? null
                : "LU_pivots has the batches of LU_data and min(rows, columns) numbers for each");
        put("range", ArgumentChecks::steps);
        put("_nested_compute_contiguous_strides_offsets",
                sizes("nested_size").and(a -> a.shape("nested_size")[0] > 0 ? null : "nested_size is empty"));
        put("_chunk_cat", ArgumentChecks::chunked);
        put("_logcumsumexp", a -> a.has("out") && !Arrays.equals(a.shape("out"), a.shape("self")) ? "out has the shape of self" : null);
        put("zero", a -> a.layout("self") == Layout.MKLDNN ? "not of a tensor of oneDNN" : null);
        put("_nested_from_padded", sizes("cpu_nested_shape_example").and(a -> a.shape("padded").length > 0
                && Arrays.equals(a.shape("cpu_nested_shape_example"), new long[] {a.shape("padded")[0], a.shape("padded").length - 1})
                        ? null : "cpu_nested_shape_example has a row of sizes for each of padded's"));
        for (String op : List.of("lstm", "gru", "rnn_tanh", "rnn_relu"))
            put(op, a -> a.integer("num_layers") >= 1 && a.integer("num_layers") <= a.length("params") ? null
                    : "num_layers is positive, and there are params for each layer");
        also("lstm", ArgumentChecks::lstm);
        put("_sobol_engine_initialize_state_", directions("self"));
        put("_sobol_engine_scramble_",
                directions("self").and(a -> Arrays.equals(a.shape("ltm"), new long[] {a.integer("dimension"), 30, 30}) ? null
                        : "ltm has the shape [dimension, 30, 30]"));
        put("_sobol_engine_ff_", directions("sobolstate").and(points("self")));
        put("_sobol_engine_draw", directions("sobolstate").and(points("quasi")));
        for (String op : List.of("aten::fbgemm_pack_quantized_matrix", "quantized::make_quantized_cell_params"))
            for (String m : List.of("input", "w_ih", "w_hh"))
                TABLE.merge(op,
                        a -> !a.has(m) || a.shape(m).length == 2 && numel(a.shape(m)) > 0 ? null : m + " is a matrix that is not empty",
                        Check::and);
        TABLE.put("mkldnn::_reorder_mkldnn_rnn_layer_weight", positive("hidden_size").and(lstmWeights("weight0", "weight1")));
        put("mkldnn_rnn_layer",
                positive("hidden_size").and(rank("input", 3)).and(lstmWeights("weight0", "weight1")).and(ArgumentChecks::lstmState));
        put("mkldnn_rnn_layer_backward",
                positive("hidden_size").and(rank("input", 3)).and(lstmWeights("weight1", "weight2")).and(ArgumentChecks::lstmPast));
        TABLE.put("mkldnn::_reorder_convolution_weight",
                positive("groups").and(each("stride", 1)).and(each("dilation", 1)).and(each("padding", 0)).and(each("input_size", 1)));
        for (int n = 1; n <= 3; n++) for (String kind : List.of("conv", "conv_transpose")) {
            Check lists = positive("groups").and(rank("weight", n + 2)).and(a -> numel(a.shape("weight")) > 0 ? null : "weight is empty");
            for (String list : List.of("stride", "padding", "dilation"))
                lists = lists.and(length(list, n)).and(each(list, list.equals("padding") ? 0 : 1));
            if (kind.equals("conv_transpose")) lists = lists.and(length("output_padding", n)).and(each("output_padding", 0));
            for (String space : List.of("quantized::", "_quantized::")) TABLE.put(space + kind + n + "d_prepack", lists);
        }
        for (String op : List.of("_fused_adam_", "_fused_adamw_", "_fused_sgd_", "_fused_adagrad_", "_fused_adam", "_fused_adamw",
                "_fused_sgd", "_fused_adagrad"))
            put(op, ArgumentChecks::sameLengths);
    }

    private static void put(String operator, Check check) { TABLE.put("aten::" + operator, check); }

    private static void also(String operator, Check check) { TABLE.merge("aten::" + operator, check, Check::and); }

    // ---- checks

    /** Checks that a new size fits into a storage that cannot grow, as libtorch changes the shape before it finds that out. */
    private static @Nullable String fits(ArgumentView a, String tensor, long[] size, long offset) {
        long storage = a.storage(tensor);
        if (storage == 0 || Storages.isResizable(storage)) return null;
        long there = a.storageBytes(tensor) / Math.max(1, a.dtype("self").bytes()), elements = numel(size);
        if (Arrays.stream(size).anyMatch(n -> n < 0) || elements == 0) return null;
        long[] stride = a.integersIfAny("stride");
        if (stride.length == size.length && size.length > 0) {
            elements = 1;
            for (int d = 0; d < size.length; d++) elements += (size[d] - 1) * stride[d];
        }
        return elements <= there - offset ? null
                : "its " + there + " elements of memory cannot become " + elements + ": " + ExportedMemory.FIXED;
    }

    private static Check length(String list, int n) {
        return a -> a.length(list) == n ? null : list + " has " + n + " elements, not " + a.length(list);
    }

    /** Checks that each number of a list, if it is given, is at least {@code least} and fits C's {@code int}. */
    private static Check each(String list, long least) {
        return a -> Arrays.stream(a.integersIfAny(list)).allMatch(n -> n >= least && n <= Integer.MAX_VALUE) ? null
                : list + " has numbers from " + least + " on";
    }

    private static Check sameShape(String x, String y) {
        return a -> Arrays.equals(a.shape(x), a.shape(y)) ? null : x + " has the shape of " + y;
    }

    /** Checks a convolution: its tensors have one number of dimensions, and each of those that are not batch and channels has a stride. */
    private static @Nullable String sameRank(ArgumentView a) {
        int n = a.shape("weight").length;
        for (String t : List.of("gO", "self")) if (a.shape(t).length != n) return t + " has " + n + " dimensions, as weight";
        for (String list : List.of("stride", "padding", "dilation", "output_padding"))
            if (a.length(list) != n - 2) return list + " has " + (n - 2) + " elements";
        return null;
    }

    private static Check rank(String tensor, int n) {
        return a -> a.given(tensor) && a.shape(tensor).length != n ? tensor + " has " + n + " dimensions" : null;
    }

    private static Check positive(String... numbers) {
        return a -> {
            for (String n : numbers) if (a.integer(n) <= 0) return n + " is positive, not " + a.integer(n);
            return null;
        };
    }

    private static @Nullable String dimensions(ArgumentView a) {
        int rank = a.shape("self").length;
        long[] dims = a.integers("dim");
        return dims.length > 0 && Arrays.stream(dims).allMatch(d -> d >= 0 && d < rank) ? null : "dim lists dimensions of self";
    }

    /** Checks an optimiser's step: there are as many gradients and states as parameters, or none. */
    private static @Nullable String sameLengths(ArgumentView a) {
        int n = a.length("self");
        for (String list : List.of("grads", "exp_avgs", "exp_avg_sqs", "momentum_buffer_list", "state_sums", "state_steps")) {
            if (!a.has(list) || list.equals("momentum_buffer_list") && a.length(list) == 0) continue;
            if (a.length(list) != n) return list + " has " + n + " elements, one for each parameter";
            if (list.equals("state_steps")) continue;
            for (int i = 0; i < n; i++)
                if (a.numel(list, i) != a.numel("self", i)) return list + " has at " + i + " another number of elements than the parameter";
        }
        return null;
    }

    private static Check parts(String tensor, int n) {
        return a -> !a.given(tensor) || a.shape(tensor).length == 2 && a.shape(tensor)[1] >= n && a.shape(tensor)[1] % n == 0 ? null
                : tensor + " is a matrix of " + n + " equal parts side by side";
    }

    private static @Nullable String sameLeading(ArgumentView a, String x, String y, int without) {
        long[] p = a.shape(x), q = a.shape(y);
        boolean same = p.length == q.length && p.length >= without
                && Arrays.equals(Arrays.copyOf(p, p.length - without), Arrays.copyOf(q, q.length - without));
        if (!same) return x + " and " + y + " have different batches or channels";
        return numel(q) > 0 || numel(p) == 0 ? null : y + " is empty, and " + x + " is not";
    }

    private static long numel(long[] shape) { return Arrays.stream(shape).reduce(1, (x, y) -> x * y); }

    /** Checks a batch norm: there is one number for each channel, and the statistics that it computes with. */
    private static @Nullable String statistics(ArgumentView a) {
        long[] x = a.shape("input");
        if (x.length < 2) return "input has at least 2 dimensions";
        String gradient = a.has("grad_output") ? "grad_output" : "grad_out";
        boolean backward = a.has(gradient);
        if (backward && !Arrays.equals(a.shape(gradient), x)) return gradient + " has the shape of input";
        for (String p : List.of("weight", "bias", "running_mean", "running_var", "save_mean", "save_invstd", "save_var",
                "save_var_transform")) {
            if (p.startsWith("save") && !backward) break; // given for the results, in any shape
            if (a.given(p) && !Arrays.equals(a.shape(p), new long[] {x[1]}))
                return p + " has the shape [" + x[1] + "], one number for each channel";
        }
        boolean own = a.truth("training") || a.truth("train") || a.truth("update") || a.operator().contains("with_update")
                || a.operator().contains("update_stats");
        for (String needed : !own ? List.of("running_mean", "running_var")
                : backward ? Stream.of("save_mean", "save_var", "save_invstd", "save_var_transform").filter(a::has).toList()
                        : List.<String>of())
            if (!a.given(needed)) return needed + " is needed here";
        return null;
    }

    private static @Nullable String triangularSystem(ArgumentView a) {
        long[] b = a.shape("self"), m = a.shape("A");
        int n = m.length;
        boolean fits = n >= 2 && b.length == n && m[n - 1] == m[n - 2] && b[n - 2] == m[n - 1]
                && Arrays.equals(Arrays.copyOf(b, n - 2), Arrays.copyOf(m, n - 2));
        return fits ? null : "A is square, and self has as many rows and the same batches";
    }

    private static @Nullable String distances(ArgumentView a) {
        long[] x = a.shape("x1"), y = a.shape("x2"), d = a.shape("cdist");
        int n = x.length;
        boolean fits = n >= 2 && y.length >= 2 && d.length >= 2 && x[n - 1] == y[y.length - 1] && d[d.length - 2] == x[n - 2]
                && d[d.length - 1] == y[y.length - 2] && Arrays.equals(d, a.shape("grad"));
        return fits ? null : "grad and cdist have the shape [..., P, R] of x1 [..., P, M] and x2 [..., R, M]";
    }

    /** Checks a weight norm that keeps the first dimension or the last: one length for each of its places. */
    private static @Nullable String lengths(ArgumentView a, String v, String... lengths) {
        long[] shape = a.shape(v);
        long dim = a.integer("dim");
        if (shape.length == 0) return v + " has no dimensions";
        if (dim != 0 && dim != shape.length - 1) return null;
        for (String g : lengths)
            if (numel(a.shape(g)) != shape[(int) dim]) return g + " has " + shape[(int) dim] + " numbers, one for each place of dim " + dim;
        return null;
    }

    /** Checks a layer norm: there is a mean and a deviation for each row. */
    private static @Nullable String normalized(ArgumentView a) {
        long[] x = a.shape("input");
        int leading = x.length - a.length("normalized_shape");
        if (leading < 0) return "normalized_shape is the end of input's";
        long rows = numel(Arrays.copyOf(x, leading));
        for (String s : List.of("mean", "rstd")) if (numel(a.shape(s)) != rows) return s + " has " + rows + " numbers, one for each row";
        return null;
    }

    private static long[] pivots(long[] lu) {
        if (lu.length < 2) return new long[] {-1};
        long[] shape = Arrays.copyOf(lu, lu.length - 1);
        shape[lu.length - 2] = Math.min(lu[lu.length - 2], lu[lu.length - 1]);
        return shape;
    }

    /** Checks the step of an integer range: a step of less than 1 would be rounded to 0. */
    private static @Nullable String steps(ArgumentView a) {
        if (!a.has("step") || Math.abs(a.number("step")) >= 1) return null;
        boolean whole = a.has("out") ? !a.dtype("out").isFloatingPoint()
                : !a.isNone("dtype") && !DType.ofCode((int) a.integer("dtype")).isFloatingPoint();
        return whole ? "step is at least 1 among whole numbers" : null;
    }

    /**
     * Checks that bins are wide enough. libtorch moves the ends of the range by the width of a bin until they meet, which never happens if
     * the width is too small to change them.
     */
    private static @Nullable String bins(ArgumentView a) {
        long n = a.integer("numel");
        if (n < 1 || n > numel(a.shape("input")) || a.dtype("input") != DType.FLOAT32) return null; // libtorch says so
        float[] values = a.floats("input", n);
        float min = values[0], max = values[0];
        for (float v : values) { // not Math.min: NaN is passed over, as there
            if (v < min) min = v;
            if (v > max) max = v;
        }
        boolean moves = (max - min) / a.integer("n_bins") >= Math.ulp(Math.max(Math.abs(min), Math.abs(max)));
        return moves || !(max > min) || Float.isInfinite(max - min) ? null : "the numbers from " + min + " to " + max
                + " are too close together for " + a.integer("n_bins") + " bins; subtract their mean, or take fewer bins";
    }

    private static @Nullable String chunked(ArgumentView a) {
        for (int i = 0; i < a.length("tensors"); i++)
            if (a.shape("tensors", i).length <= Math.max(0, a.integer("dim")))
                return "tensors have the dimension dim, which " + i + " has not";
        return null;
    }

    /**
     * Checks an LSTM's states and the weights of each layer and direction: two matrices, then the biases and the projection, if there are
     * any.
     */
    private static @Nullable String lstm(ArgumentView a) {
        if (a.length("hx") != 2) return "hx has 2 tensors";
        for (int i = 0; i < 2; i++) if (a.shape("hx", i).length != 3) return "hx has 3 dimensions";
        if (a.has("input") && a.shape("input").length != 3 || a.has("data") && a.shape("data").length != 2)
            return "input has 3 dimensions, or data 2";
        long layers = a.integer("num_layers") * (a.truth("bidirectional") ? 2 : 1);
        int each = (int) (a.length("params") / layers), plain = a.truth("has_biases") ? 4 : 2;
        if (each * layers != a.length("params") || each != plain && each != plain + 1)
            return "params has " + plain * layers + " tensors, or with projections " + (plain + 1) * layers;
        for (int i = 0; i < a.length("params"); i++)
            if (a.shape("params", i).length != (i % each >= 2 && i % each < plain ? 1 : 2))
                return "params are matrices and, as biases, vectors, which " + i + " is not";
        return null;
    }

    private static Check sizes(String tensor) {
        return a -> a.shape(tensor).length == 2 && a.dtype(tensor) == DType.INT64 ? null
                : tensor + " is an int64 matrix, a row of sizes for each part";
    }

    /** Checks Sobol's sequence: there are 30 bits for each dimension. */
    private static Check directions(String state) {
        return a -> a.integer("dimension") >= 1 && a.integer("dimension") <= 21_201 && a.dtype(state) == DType.INT64
                && Arrays.equals(a.shape(state), new long[] {a.integer("dimension"), 30}) ? null
                        : state + " is an int64 matrix [dimension, 30], with a dimension from 1 to 21201";
    }

    private static Check points(String last) {
        return a -> {
            long n = a.integer("n"), generated = a.integer("num_generated");
            if (n < 0 || generated < 0 || n >= 1 << 30 || generated + n >= 1 << 30) return "the sequence has 2³⁰ points";
            return Arrays.equals(a.shape(last), new long[] {a.integer("dimension")}) ? null : last + " has the shape [dimension]";
        };
    }

    private static Check lstmWeights(String ofInput, String ofHidden) {
        return a -> {
            long[] w = a.shape(ofInput), u = a.shape(ofHidden);
            long h = a.integer("hidden_size");
            boolean fits = w.length == 2 && w[0] == 4 * h && w[1] > 0 && Arrays.equals(u, new long[] {4 * h, h})
                    && a.dtype(ofInput).isFloatingPoint() && a.dtype(ofHidden) == a.dtype(ofInput);
            return fits ? null : ofInput + " and " + ofHidden
                    + " have the shapes [4 · hidden_size, I] and [4 · hidden_size, hidden_size], and one type of floating-point numbers";
        };
    }

    private static @Nullable String lstmState(ArgumentView a) {
        long[] x = a.shape("input");
        long h = a.integer("hidden_size");
        if (numel(x) == 0 || x[2] != a.shape("weight0")[1] || a.dtype("input") != a.dtype("weight0"))
            return "input has the shape [T, N, I] and the weights' type";
        if (a.integer("mode") != 2) return "mode is 2, of an LSTM";
        for (String b : List.of("weight2", "weight3"))
            if (!Arrays.equals(a.shape(b), new long[] {4 * h})) return b + " has the shape [4 · hidden_size]";
        long rows = a.truth("batch_first") ? x[0] : x[1];
        for (String s : List.of("hx_", "cx_")) if (numel(a.shape(s)) != rows * h) return s + " has N · hidden_size elements";
        return null;
    }

    /** Checks the tensors that the forward pass of an LSTM saved for the backward pass. */
    private static @Nullable String lstmPast(ArgumentView a) {
        long[] x = a.shape("input");
        long h = a.integer("hidden_size"), rows = a.truth("batch_first") ? x[0] : x[1];
        if (numel(x) == 0 || x[2] != a.shape("weight1")[1]) return "input has the shape [T, N, I]";
        for (String s : List.of("hx_", "cx_tmp", "hy_", "cy_"))
            if (numel(a.shape(s)) != rows * h) return s + " has N · hidden_size elements";
        if (numel(a.shape("output")) != x[0] * x[1] * h) return "output has T · N · hidden_size elements";
        return a.dtype("workspace") == DType.UINT8 && numel(a.shape("workspace")) > 0 ? null : "workspace is the forward pass's, of bytes";
    }

    /** Checks attention: each head of key and value serves as many of query's. */
    private static @Nullable String heads(ArgumentView a) {
        long[] q = a.shape("query"), k = a.shape("key"), v = a.shape("value");
        boolean fits = q.length == 4 && k.length == 4 && v.length == 4 && q[0] == k[0] && k[0] == v[0] && k[1] > 0 && k[1] == v[1]
                && q[1] > 0 && q[1] % k[1] == 0 && k[2] == v[2] && q[3] == k[3] && k[3] == v[3];
        return fits ? null : "query has the shape [N, H, L, E], key and value have [N, G, S, E], and G divides H";
    }

    private static @Nullable String pairs(ArgumentView a) {
        long[] x = a.shape("self"), pairs = {x.length == 2 ? x[0] * (x[0] - 1) / 2 : -1};
        return Arrays.equals(a.shape("grad"), pairs) && Arrays.equals(a.shape("pdist"), pairs) ? null
                : "self is a matrix of N rows, grad and pdist have the shape [N (N - 1) / 2]";
    }

    private static @Nullable String packed(ArgumentView a) {
        String weight = a.schema().parameters().getFirst().name();
        return a.dtype(weight) == DType.FLOAT32 && a.shape(weight).length == 2 && Arrays.stream(a.shape(weight)).allMatch(n -> n > 0) ? null
                : weight + " is a float32 matrix that is not empty";
    }

    /** Checks that a new size and stride stay within the elements of {@code self}. */
    private static @Nullable String withinStorage(ArgumentView a) {
        long[] size = a.integers("size"), stride = a.integers("stride");
        if (size.length != stride.length) return "size and stride have different lengths";
        long numel = numel(a.shape("self")), last = 0;
        for (int d = 0; d < size.length; d++) {
            if (size[d] < 0 || size[d] > numel || stride[d] < 0 || stride[d] > numel) return "size and stride reach beyond the elements";
            if (size[d] > 0) last += (size[d] - 1) * stride[d];
        }
        return last < Math.max(numel, 1) ? null : "size and stride reach beyond the elements";
    }
}
