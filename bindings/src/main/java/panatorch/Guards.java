package panatorch;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/**
 * What libtorch does not check and dies of: a table of operators, most of them parts of others that do check, with what their arguments
 * must be like. {@code panatorch.fuzz.Operators} found them.
 */
final class Guards {
    private Guards() {}

    /** Says what is wrong with the arguments, or null. */
    @FunctionalInterface interface Check {
        @Nullable String problem(Given a);

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
        for (String op : List.of("native_batch_norm", "_native_batch_norm_legit", "_native_batch_norm_legit_functional", "_native_batch_norm_legit_no_training", "_batch_norm_no_update",
                "_batch_norm_with_update", "_batch_norm_with_update_functional", "native_batch_norm_backward", "batch_norm_backward")) put(op, Guards::statistics);
        put("_adaptive_avg_pool3d_backward", a -> sameLeading(a, "grad_output", "self", 3));
        put("_adaptive_avg_pool2d_backward", a -> sameLeading(a, "grad_output", "self", 2));
        put("quantized_lstm_cell", length("hx", 2));
        put("lstm_cell", length("hx", 2));
        put("_thnn_differentiable_gru_cell_backward", parts("input_gates", 3).and(parts("hidden_gates", 3)));
        put("_thnn_differentiable_lstm_cell_backward", parts("input_gates", 4).and(parts("hidden_gates", 4)).and(a -> a.given("grad_hy") || a.given("grad_cy") ? null : "neither grad_hy nor grad_cy is given"));
        put("_slow_conv2d_backward", rank("grad_output", 4).and(rank("self", 4)).and(rank("weight", 4)).and(length("kernel_size", 2)).and(length("stride", 2)).and(length("padding", 2)));
        put("_nnpack_spatial_convolution", rank("input", 4).and(rank("weight", 4)).and(length("stride", 2)).and(length("padding", 2)));
        put("_cholesky_solve_helper", Guards::triangularSystem);
        put("_cdist_backward", Guards::distances);
        put("_pdist_backward", Guards::pairs);
        put("_foreach_copy", a -> a.length("self") == a.length("src") ? null : "self and src are lists of different lengths");
        for (String op : List.of("aten::_saturate_weight_to_fp16", "aten::fbgemm_pack_gemm_matrix_fp16", "_quantized::linear_prepack_fp16")) TABLE.put(op, Guards::packed);
        for (String op : List.of("_neg_view_copy", "_neg_view", "view_copy", "_lazy_clone")) put(op, a -> a.dtype("self").isQuantized() ? "not of a quantized tensor" : null);
        put("view", a -> a.has("dtype") && a.dtype("self").isQuantized() ? "not of a quantized tensor" : null);
        put("_reshape_alias", Guards::withinStorage);
        put("_reshape_alias_copy", Guards::withinStorage);
        put("_dyn_quant_matmul_4bit", positive("block_size", "in_features", "out_features"));
        put("_transform_bias_rescale_qkv", positive("num_heads").and(rank("qkv", 3)));
        put("native_group_norm", positive("N", "C", "group").and(a -> numel(a.shape("input")) == a.integer("N") * a.integer("C") * a.integer("HxW") ? null : "input has N · C · HxW elements"));
        for (int n = 1; n <= 3; n++) {
            put("reflection_pad" + n + "d_backward", length("padding", 2 * n));
            put("replication_pad" + n + "d_backward", length("padding", 2 * n));
            put("fractional_max_pool" + n + "d_backward", length("kernel_size", n).and(length("output_size", n)));
        }
        put("_fft_c2r", Guards::dimensions);
        put("_fft_r2c", Guards::dimensions);
        put("_pdist_forward", rank("self", 2));
        put("_weight_norm", a -> numel(a.shape("v")) > 0 ? null : "v is empty");
        put("_weight_norm_interface", a -> numel(a.shape("v")) > 0 && numel(a.shape("g")) > 0 ? null : "v or g is empty");
        put("smooth_l1_loss_backward", a -> a.dtype("self").isInteger() ? "of whole numbers there is no derivative" : null);
        for (String op : List.of("_fused_adam_", "_fused_adamw_", "_fused_sgd_", "_fused_adagrad_")) put(op, Guards::sameLengths);
    }

    private static void put(String operator, Check check) { TABLE.put("aten::" + operator, check); }

    // ---- checks

    private static Check length(String list, int n) { return a -> a.length(list) == n ? null : list + " has " + n + " elements, not " + a.length(list); }

    private static Check rank(String tensor, int n) { return a -> a.given(tensor) && a.shape(tensor).length != n ? tensor + " has " + n + " dimensions" : null; }

    private static Check positive(String... numbers) {
        return a -> {
            for (String n : numbers) if (a.integer(n) <= 0) return n + " is positive, not " + a.integer(n);
            return null;
        };
    }

    private static @Nullable String dimensions(Given a) {
        int rank = a.shape("self").length;
        long[] dims = a.integers("dim");
        return dims.length > 0 && Arrays.stream(dims).allMatch(d -> d >= -rank && d < rank) ? null : "dim lists dimensions of self";
    }

    /** Of an optimiser's step: as many gradients and states as parameters, or none. */
    private static @Nullable String sameLengths(Given a) {
        int n = a.length("self");
        for (String list : List.of("grads", "exp_avgs", "exp_avg_sqs", "momentum_buffer_list", "state_sums", "state_steps"))
            if (a.has(list) && a.length(list) != n && !(list.equals("momentum_buffer_list") && a.length(list) == 0)) return list + " has " + n + " elements, one for each parameter";
        return null;
    }

    private static Check parts(String tensor, int n) {
        return a -> !a.given(tensor) || a.shape(tensor).length == 2 && a.shape(tensor)[1] >= n && a.shape(tensor)[1] % n == 0 ? null : tensor + " is a matrix of " + n + " equal parts side by side";
    }

    private static @Nullable String sameLeading(Given a, String x, String y, int without) {
        long[] p = a.shape(x), q = a.shape(y);
        boolean same = p.length == q.length && p.length >= without && Arrays.equals(Arrays.copyOf(p, p.length - without), Arrays.copyOf(q, q.length - without));
        if (!same) return x + " and " + y + " have different batches or channels";
        return numel(q) > 0 || numel(p) == 0 ? null : y + " is empty, and " + x + " is not";
    }

    private static long numel(long[] shape) { return Arrays.stream(shape).reduce(1, (x, y) -> x * y); }

    /** Of a batch norm: one number for each channel, and the statistics that it computes with. */
    private static @Nullable String statistics(Given a) {
        long[] x = a.shape("input");
        if (x.length < 2) return "input has at least 2 dimensions";
        if (a.given("grad_out") && !Arrays.equals(a.shape("grad_out"), x)) return "grad_out has the shape of input";
        boolean backward = a.has("grad_out");
        for (String p : List.of("weight", "bias", "running_mean", "running_var", "save_mean", "save_invstd", "save_var")) {
            if (p.startsWith("save") && !backward) break; // given for the results, in any shape
            if (a.given(p) && !Arrays.equals(a.shape(p), new long[] {x[1]})) return p + " has the shape [" + x[1] + "], one number for each channel";
        }
        boolean own = a.truth("training") || a.truth("train") || a.truth("update") || a.operator.name().contains("with_update");
        for (String needed : !own ? List.of("running_mean", "running_var") : backward ? List.of("save_mean", a.has("save_var") ? "save_var" : "save_invstd") : List.<String>of())
            if (!a.given(needed)) return needed + " is needed here";
        return null;
    }

    private static @Nullable String triangularSystem(Given a) {
        long[] b = a.shape("self"), m = a.shape("A");
        int n = m.length;
        boolean fits = n >= 2 && b.length == n && m[n - 1] == m[n - 2] && b[n - 2] == m[n - 1] && Arrays.equals(Arrays.copyOf(b, n - 2), Arrays.copyOf(m, n - 2));
        return fits ? null : "A is square, and self has as many rows and the same batches";
    }

    private static @Nullable String distances(Given a) {
        long[] x = a.shape("x1"), y = a.shape("x2"), d = a.shape("cdist");
        int n = x.length;
        boolean fits = n >= 2 && y.length >= 2 && d.length >= 2 && x[n - 1] == y[y.length - 1] && d[d.length - 2] == x[n - 2] && d[d.length - 1] == y[y.length - 2] && Arrays.equals(d, a.shape("grad"));
        return fits ? null : "grad and cdist have the shape [..., P, R] of x1 [..., P, M] and x2 [..., R, M]";
    }

    private static @Nullable String pairs(Given a) {
        long[] x = a.shape("self"), pairs = {x.length == 2 ? x[0] * (x[0] - 1) / 2 : -1};
        return Arrays.equals(a.shape("grad"), pairs) && Arrays.equals(a.shape("pdist"), pairs) ? null : "self is a matrix of N rows, grad and pdist have the shape [N (N - 1) / 2]";
    }

    private static @Nullable String packed(Given a) {
        String weight = a.operator.schema().parameters().getFirst().name();
        return a.dtype(weight) == DType.FLOAT32 && a.shape(weight).length == 2 && Arrays.stream(a.shape(weight)).allMatch(n -> n > 0) ? null : weight + " is a float32 matrix that is not empty";
    }

    /** The same elements as before, in another shape. */
    private static @Nullable String withinStorage(Given a) {
        long[] size = a.integers("size"), stride = a.integers("stride");
        if (size.length != stride.length) return "size and stride have different lengths";
        long numel = numel(a.shape("self")), last = 0;
        for (int d = 0; d < size.length; d++) {
            if (size[d] < 0 || size[d] > numel || stride[d] < 0 || stride[d] > numel) return "size and stride reach beyond the elements";
            if (size[d] > 0) last += (size[d] - 1) * stride[d];
        }
        return last < Math.max(numel, 1) ? null : "size and stride reach beyond the elements";
    }

    /** The arguments on a stack, by the schema's names. */
    record Given(Operator operator, DispatcherStack stack) {
        private int index(String name) {
            var parameters = operator.schema().parameters();
            for (int i = 0; i < parameters.size(); i++) if (parameters.get(i).name().equals(name)) return i;
            return -1;
        }

        boolean has(String name) { return index(name) >= 0; }

        /** Whether it is a tensor that is there. */
        boolean given(String name) {
            int i = index(name);
            return i >= 0 && stack.tag(i) == Tag.TENSOR && !References.isUndefinedTensor(stack.payload(i));
        }

        private ThreadContext handle(String tensor) {
            ThreadContext c = ThreadContext.current();
            Memory.setLong(c.handle, stack.payload(index(tensor)));
            return c;
        }

        /** [] where there is none. */
        long[] shape(String tensor) { return given(tensor) ? Tensor.sizes(handle(tensor)) : new long[0]; }

        DType dtype(String tensor) { return Tensor.dtype(handle(tensor)); }

        int length(String list) { return NativeLists.size(stack.payload(index(list))); }

        long[] integers(String list) {
            long object = stack.payload(index(list));
            var values = new long[NativeLists.size(object)];
            for (int i = 0; i < values.length; i++) values[i] = NativeLists.payload(object, i);
            return values;
        }

        long integer(String name) { return stack.payload(index(name)); }

        boolean truth(String name) {
            int i = index(name);
            return i >= 0 && (stack.payload(i) & 0xff) != 0;
        }
    }
}
