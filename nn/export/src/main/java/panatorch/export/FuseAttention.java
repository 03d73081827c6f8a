package panatorch.export;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.DType;

/**
 * Replaces attention that a model writes out, softmax(q·kᵀ·s + mask)·v of tensors [N, H, L, E], by the one operator that computes it
 * without a table of all scores. A row whose mask is −∞ everywhere gives 0, not NaN.
 */
final class FuseAttention implements Pass {
    private static final String ATEN = "torch.ops.aten.", SOFTMAX = ATEN + "softmax.int", MATMUL = ATEN + "matmul.default",
            MUL = ATEN + "mul.Tensor", DIV = ATEN + "div.Tensor", TRANSPOSE = ATEN + "transpose.int";
    private static final Set<String> ADDS = Set.of(ATEN + "add.Tensor", ATEN + "add_.Tensor");
    private static final int RANK = 4;

    @Override public void apply(Rewrite graph) {
        int fused = 0;
        for (String result : graph.results()) {
            GraphText.Node node = graph.find(result);
            if (node.target().equals(SOFTMAX) && fuse(graph, node, result)) fused++;
        }
        graph.report(fused, "attentions done by one operator");
    }

    /** The calls between the scores and the product of queries and keys, which the fused operator takes the place of. */
    private record Scores(GraphText.Node product, double scale, Argument mask, List<GraphText.Node> calls) {}

    private static boolean fuse(Rewrite graph, GraphText.Node softmax, String probabilities) {
        TensorMeta meta = graph.meta(probabilities);
        if (meta == null || meta.sizes().size() != RANK || meta.dtype() != DType.FLOAT32) return false;
        if (!isLast(softmax.input("dim")) || softmax.input("dtype") != null && !isNone(softmax.input("dtype"))) return false;
        GraphText.Node last = graph.onlyUser(probabilities);
        if (last == null || !last.target().equals(MATMUL) || !isName(last.input("self"), probabilities)) return false;
        Scores scores = scores(graph, softmax);
        if (scores == null) return false;
        GraphText.Node transpose = graph.maker(scores.product.input("other"));
        if (transpose == null || !transpose.target().equals(TRANSPOSE) || !swapsLast(transpose)) return false;
        Argument query = scores.product.input("self"), key = transpose.input("self"), value = last.input("other");
        double scale = scores.scale;
        GraphText.Node scaled = graph.maker(query);
        Double factor = scaled == null ? null : factor(scaled);
        if (scaled != null && factor != null && isUsedOnce(graph, scaled)) {
            query = scaled.input("self");
            scale *= factor;
        } else {
            scaled = null;
        }
        if (query == null || key == null || value == null || !fit(graph, query, key, value)) return false;
        if (writesBetween(graph, scores, last)) return false;
        graph.replace(last, Rewrite.call("aten::scaled_dot_product_attention", String.valueOf(Rewrite.result(last)), last.line(),
                List.of(query, key, value, scores.mask, new Argument.Constant(0.0), new Argument.Constant(false),
                        new Argument.Constant(scale))));
        scores.calls.forEach(graph::remove);
        graph.remove(softmax);
        graph.remove(scores.product);
        if (scaled != null) graph.remove(scaled);
        if (graph.isUnused(transpose)) graph.remove(transpose);
        return true;
    }

    /** Follows the scores back to the product of queries and keys. Returns null if something else happens on the way. */
    private static @Nullable Scores scores(Rewrite graph, GraphText.Node softmax) {
        var calls = new ArrayList<GraphText.Node>();
        double scale = 1;
        Argument mask = Argument.NONE;
        GraphText.Node node = graph.maker(softmax.input("self"));
        if (node != null && ADDS.contains(node.target()) && node.input("alpha") == null && isUsedOnce(graph, node)) {
            Argument self = node.input("self"), other = node.input("other");
            GraphText.Node first = graph.maker(self);
            boolean scoresFirst = first != null && isUsedOnce(graph, first) && (first.target().equals(MATMUL) || factor(first) != null);
            mask = scoresFirst ? other : node.target().contains("add_") ? null : self;
            if (mask == null || !isMask(graph, mask, softmax)) return null;
            calls.add(node);
            node = graph.maker(scoresFirst ? self : other);
        }
        Double factor = node == null ? null : factor(node);
        if (node != null && factor != null && isUsedOnce(graph, node)) {
            scale = factor;
            calls.add(node);
            node = graph.maker(node.input("self"));
        }
        return node != null && node.target().equals(MATMUL) && isUsedOnce(graph, node) ? new Scores(node, scale, mask, calls) : null;
    }

    /** Returns whether another call writes to a tensor while the attention is computed, which would now see the tensor after that. */
    private static boolean writesBetween(Rewrite graph, Scores scores, GraphText.Node last) {
        for (GraphText.Node n : graph.nodes.subList(graph.nodes.indexOf(scores.product), graph.nodes.indexOf(last))) {
            if (scores.calls.contains(n)) continue;
            if (n.target().startsWith(GraphCompiler.HIGHER_ORDER) || Rewrite.isOperator(n) && Rewrite.operator(n).changesArguments())
                return true;
        }
        return false;
    }

    private static boolean isUsedOnce(Rewrite graph, GraphText.Node node) {
        String result = Rewrite.result(node);
        return result != null && graph.onlyUser(result) != null;
    }

    /** Returns the constant by which a call multiplies a tensor; null if it does something else. */
    private static @Nullable Double factor(GraphText.Node node) {
        if (!(node.input("self") instanceof Argument.Name) || !(node.input("other") instanceof Argument.Constant(Object v))
                || !(v instanceof Number n))
            return null;
        if (node.target().equals(MUL)) return n.doubleValue();
        return node.target().equals(DIV) && n.doubleValue() != 0 ? (Double) (1 / n.doubleValue()) : null;
    }

    /** Returns whether a tensor can be the mask: of the scores' type, and of 2 or 4 dimensions that repeat along the scores'. */
    private static boolean isMask(Rewrite graph, Argument mask, GraphText.Node softmax) {
        TensorMeta m = graph.meta(mask), s = graph.meta(softmax.input("self"));
        if (m == null || s == null || m.dtype() != s.dtype()) return false;
        int rank = m.sizes().size();
        if (rank != 2 && rank != RANK) return false;
        for (int d = 0; d < rank; d++) {
            SymbolicExpression size = m.sizes().get(d);
            boolean one = Long.valueOf(1).equals(size.constant());
            if (!size.equals(s.sizes().get(d + RANK - rank)) && !(one && d < rank - 1)) return false;
        }
        return true;
    }

    /** Returns whether the operator has a fast kernel for these tensors. */
    private static boolean fit(Rewrite graph, Argument query, Argument key, Argument value) {
        TensorMeta q = graph.meta(query), k = graph.meta(key), v = graph.meta(value);
        if (q == null || k == null || v == null) return false;
        for (TensorMeta m : List.of(q, k, v)) if (m.sizes().size() != RANK || m.dtype() != DType.FLOAT32) return false;
        for (int d : new int[] {0, 1, 3})
            if (!q.sizes().get(d).equals(k.sizes().get(d)) || !q.sizes().get(d).equals(v.sizes().get(d))) return false;
        return k.sizes().get(2).equals(v.sizes().get(2));
    }

    private static boolean swapsLast(GraphText.Node transpose) {
        Map<Long, Long> places = Map.of(-1L, 3L, -2L, 2L);
        Long a = integer(transpose.input("dim0")), b = integer(transpose.input("dim1"));
        if (a == null || b == null) return false;
        long x = places.getOrDefault(a, a), y = places.getOrDefault(b, b);
        return Math.min(x, y) == 2 && Math.max(x, y) == 3;
    }

    private static boolean isLast(@Nullable Argument dim) {
        Long d = integer(dim);
        return d != null && (d == -1 || d == RANK - 1);
    }

    private static @Nullable Long integer(@Nullable Argument a) {
        return a instanceof Argument.Constant(Object v) && v instanceof Long l ? l : null;
    }

    private static boolean isNone(@Nullable Argument a) { return Argument.NONE.equals(a); }

    private static boolean isName(@Nullable Argument a, String name) { return a instanceof Argument.Name n && n.name().equals(name); }
}
