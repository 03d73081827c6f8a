package panatorch;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.ArgumentChecks.Check;
import panatorch.internal.libtorch.Storages;

/** The rules that {@link ArgumentChecks} applies to shapes, lists and numbers. Each answers what is wrong, or null. */
final class ArgumentRules {
    private ArgumentRules() {}

    /** Checks that a new size fits into a storage that cannot grow, as libtorch changes the shape before it finds that out. */
    static @Nullable String fits(ArgumentView a, String tensor, long[] size, long offset) {
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

    static Check length(String list, int n) {
        return a -> a.length(list) == n ? null : list + " must have " + n + " elements, not " + a.length(list);
    }

    /** Checks that each number of a list, if it is given, is at least {@code least} and fits C's {@code int}. */
    static Check each(String list, long least) {
        return a -> Arrays.stream(a.integersIfAny(list)).allMatch(n -> n >= least && n <= Integer.MAX_VALUE) ? null
                : "each number of " + list + " must be at least " + least;
    }

    static Check sameShape(String x, String y) {
        return a -> Arrays.equals(a.shape(x), a.shape(y)) ? null : x + " must have the shape of " + y;
    }

    /** Checks a convolution: its tensors have one number of dimensions, and each of those that are not batch and channels has a stride. */
    static @Nullable String sameRank(ArgumentView a) {
        int n = a.shape("weight").length;
        for (String t : List.of("gO", "self")) if (a.shape(t).length != n) return t + " must have " + n + " dimensions, as weight has";
        for (String list : List.of("stride", "padding", "dilation", "output_padding"))
            if (a.length(list) != n - 2) return list + " must have " + (n - 2) + " elements, not " + a.length(list);
        return null;
    }

    static Check rank(String tensor, int n) {
        return a -> a.given(tensor) && a.shape(tensor).length != n
                ? tensor + " must have " + n + " dimensions, not " + a.shape(tensor).length : null;
    }

    static Check positive(String... numbers) {
        return a -> {
            for (String n : numbers) if (a.integer(n) <= 0) return n + " must be positive, not " + a.integer(n);
            return null;
        };
    }

    static @Nullable String dimensions(ArgumentView a) {
        int rank = a.shape("self").length;
        long[] dims = a.integers("dim");
        return dims.length > 0 && Arrays.stream(dims).allMatch(d -> d >= 0 && d < rank) ? null
                : "dim must list dimensions of self, which has " + rank;
    }

    /** Checks an optimiser's step: there are as many gradients and states as parameters, or none. */
    static @Nullable String sameLengths(ArgumentView a) {
        int n = a.length("self");
        for (String list : List.of("grads", "exp_avgs", "exp_avg_sqs", "momentum_buffer_list", "state_sums", "state_steps")) {
            if (!a.has(list) || list.equals("momentum_buffer_list") && a.length(list) == 0) continue;
            if (a.length(list) != n) return list + " must have " + n + " elements, one for each parameter, not " + a.length(list);
            if (list.equals("state_steps")) continue;
            for (int i = 0; i < n; i++)
                if (a.numel(list, i) != a.numel("self", i))
                    return "element " + i + " of " + list + " must have as many elements as its parameter, " + a.numel("self", i) + ", not "
                            + a.numel(list, i);
        }
        return null;
    }

    static Check parts(String tensor, int n) {
        return a -> !a.given(tensor) || a.shape(tensor).length == 2 && a.shape(tensor)[1] >= n && a.shape(tensor)[1] % n == 0 ? null
                : tensor + " must be a matrix of " + n + " equal parts side by side";
    }

    static @Nullable String sameLeading(ArgumentView a, String x, String y, int without) {
        long[] p = a.shape(x), q = a.shape(y);
        boolean same = p.length == q.length && p.length >= without
                && Arrays.equals(Arrays.copyOf(p, p.length - without), Arrays.copyOf(q, q.length - without));
        if (!same) return x + " and " + y + " must have the same batches and channels";
        return numel(q) > 0 || numel(p) == 0 ? null : y + " must not be empty, as " + x + " is not";
    }

    static long numel(long[] shape) { return Arrays.stream(shape).reduce(1, (x, y) -> x * y); }

    /** Checks a batch norm: there is one number for each channel, and the statistics that it computes with. */
    static @Nullable String statistics(ArgumentView a) {
        long[] x = a.shape("input");
        if (x.length < 2) return "input must have at least 2 dimensions";
        String gradient = a.has("grad_output") ? "grad_output" : "grad_out";
        boolean backward = a.has(gradient);
        if (backward && !Arrays.equals(a.shape(gradient), x)) return gradient + " must have the shape of input";
        for (String p : List.of("weight", "bias", "running_mean", "running_var", "save_mean", "save_invstd", "save_var",
                "save_var_transform")) {
            if (p.startsWith("save") && !backward) break; // given for the results, in any shape
            if (a.given(p) && !Arrays.equals(a.shape(p), new long[] {x[1]}))
                return p + " must have the shape [" + x[1] + "], one number for each channel";
        }
        boolean own = a.truth("training") || a.truth("train") || a.truth("update") || a.operator().contains("with_update")
                || a.operator().contains("update_stats");
        for (String needed : !own ? List.of("running_mean", "running_var")
                : backward ? Stream.of("save_mean", "save_var", "save_invstd", "save_var_transform").filter(a::has).toList()
                        : List.<String>of())
            if (!a.given(needed)) return needed + " must be given";
        return null;
    }

    static @Nullable String triangularSystem(ArgumentView a) {
        long[] b = a.shape("self"), m = a.shape("A");
        int n = m.length;
        boolean fits = n >= 2 && b.length == n && m[n - 1] == m[n - 2] && b[n - 2] == m[n - 1]
                && Arrays.equals(Arrays.copyOf(b, n - 2), Arrays.copyOf(m, n - 2));
        return fits ? null : "A must be square, and self must have as many rows and the same batches";
    }

    static @Nullable String distances(ArgumentView a) {
        long[] x = a.shape("x1"), y = a.shape("x2"), d = a.shape("cdist");
        int n = x.length;
        boolean fits = n >= 2 && y.length >= 2 && d.length >= 2 && x[n - 1] == y[y.length - 1] && d[d.length - 2] == x[n - 2]
                && d[d.length - 1] == y[y.length - 2] && Arrays.equals(d, a.shape("grad"));
        return fits ? null : "grad and cdist must have the shape [..., P, R] of x1 [..., P, M] and x2 [..., R, M]";
    }

    /** Checks a weight norm that keeps the first dimension or the last: one length for each of its places. */
    static @Nullable String lengths(ArgumentView a, String v, String... lengths) {
        long[] shape = a.shape(v);
        long dim = a.integer("dim");
        if (shape.length == 0) return v + " must have at least one dimension";
        if (dim != 0 && dim != shape.length - 1) return null;
        for (String g : lengths)
            if (numel(a.shape(g)) != shape[(int) dim])
                return g + " must have " + shape[(int) dim] + " numbers, one for each index of dimension " + dim;
        return null;
    }

    /** Checks a layer norm: there is a mean and a deviation for each row. */
    static @Nullable String normalized(ArgumentView a) {
        long[] x = a.shape("input");
        int leading = x.length - a.length("normalized_shape");
        if (leading < 0) return "normalized_shape must be the end of input's shape";
        long rows = numel(Arrays.copyOf(x, leading));
        for (String s : List.of("mean", "rstd"))
            if (numel(a.shape(s)) != rows) return s + " must have " + rows + " numbers, one for each row";
        return null;
    }

    static long[] pivots(long[] lu) {
        if (lu.length < 2) return new long[] {-1};
        long[] shape = Arrays.copyOf(lu, lu.length - 1);
        shape[lu.length - 2] = Math.min(lu[lu.length - 2], lu[lu.length - 1]);
        return shape;
    }

    /** Checks the step of an integer range: a step of less than 1 would be rounded to 0. */
    static @Nullable String steps(ArgumentView a) {
        if (!a.has("step") || Math.abs(a.number("step")) >= 1) return null;
        boolean whole = a.has("out") ? !a.dtype("out").isFloatingPoint()
                : !a.isNone("dtype") && !DType.ofCode((int) a.integer("dtype")).isFloatingPoint();
        return whole ? "the step of an integer range must be at least 1" : null;
    }

    /**
     * Checks that bins are wide enough. libtorch moves the ends of the range by the width of a bin until they meet, which never happens if
     * the width is too small to change them.
     */
    static @Nullable String bins(ArgumentView a) {
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

    static @Nullable String chunked(ArgumentView a) {
        for (int i = 0; i < a.length("tensors"); i++)
            if (a.shape("tensors", i).length <= Math.max(0, a.integer("dim")))
                return "tensor " + i + " of tensors lacks the dimension dim, " + a.integer("dim");
        return null;
    }

    static Check sizes(String tensor) {
        return a -> a.shape(tensor).length == 2 && a.dtype(tensor) == DType.INT64 ? null
                : tensor + " must be an int64 matrix, a row of sizes for each part";
    }

    /** Checks Sobol's sequence: there are 30 bits for each dimension. */
    static Check directions(String state) {
        return a -> a.integer("dimension") >= 1 && a.integer("dimension") <= 21_201 && a.dtype(state) == DType.INT64
                && Arrays.equals(a.shape(state), new long[] {a.integer("dimension"), 30}) ? null
                        : state + " must be an int64 matrix [dimension, 30], with a dimension from 1 to 21201";
    }

    static Check points(String last) {
        return a -> {
            long n = a.integer("n"), generated = a.integer("num_generated");
            if (n < 0 || generated < 0 || n >= 1 << 30 || generated + n >= 1 << 30)
                return "a Sobol sequence has 2³⁰ points; n and num_generated must stay below";
            return Arrays.equals(a.shape(last), new long[] {a.integer("dimension")}) ? null : last + " must have the shape [dimension]";
        };
    }

    /** Checks attention: each head of key and value serves as many of query's. */
    static @Nullable String heads(ArgumentView a) {
        long[] q = a.shape("query"), k = a.shape("key"), v = a.shape("value");
        boolean fits = q.length == 4 && k.length == 4 && v.length == 4 && q[0] == k[0] && k[0] == v[0] && k[1] > 0 && k[1] == v[1]
                && q[1] > 0 && q[1] % k[1] == 0 && k[2] == v[2] && q[3] == k[3] && k[3] == v[3];
        return fits ? null : "query must have the shape [N, H, L, E], and key and value [N, G, S, E], where G divides H";
    }

    static @Nullable String pairs(ArgumentView a) {
        long[] x = a.shape("self"), pairs = {x.length == 2 ? x[0] * (x[0] - 1) / 2 : -1};
        return Arrays.equals(a.shape("grad"), pairs) && Arrays.equals(a.shape("pdist"), pairs) ? null
                : "self must be a matrix of N rows, and grad and pdist must have the shape [N (N - 1) / 2]";
    }

    static @Nullable String packed(ArgumentView a) {
        String weight = a.schema().parameters().getFirst().name();
        return a.dtype(weight) == DType.FLOAT32 && a.shape(weight).length == 2 && Arrays.stream(a.shape(weight)).allMatch(n -> n > 0) ? null
                : weight + " must be a float32 matrix that is not empty";
    }

    /** Checks that a new size and stride stay within the elements of {@code self}. */
    static @Nullable String withinStorage(ArgumentView a) {
        long[] size = a.integers("size"), stride = a.integers("stride");
        if (size.length != stride.length) return "size and stride must have the same length";
        long numel = numel(a.shape("self")), last = 0;
        for (int d = 0; d < size.length; d++) {
            if (size[d] < 0 || size[d] > numel || stride[d] < 0 || stride[d] > numel)
                return "size and stride reach beyond the elements of self";
            if (size[d] > 0) last += (size[d] - 1) * stride[d];
        }
        return last < Math.max(numel, 1) ? null : "size and stride reach beyond the elements of self";
    }
}
