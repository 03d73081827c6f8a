package panatorch.func;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * Values that contain tensors: a tensor, a list, a map, or a record of this package, in each other as deep as one likes; Python's
 * <i>pytrees</i>. Everything else is a leaf, too.
 */
final class Trees {
    private Trees() {}

    /** Returns the parts of a list, a map or a record in order; null for a leaf. */
    private static @Nullable List<@Nullable Object> parts(@Nullable Object tree) {
        return switch (tree) {
            case List<?> list -> new ArrayList<@Nullable Object>(list);
            case Map<?, ?> map -> new ArrayList<@Nullable Object>(map.values());
            case GradAndValue<?>(var grad, var value) -> List.of(grad, value);
            case Jvp<?>(var output, var tangent) -> List.of(output, tangent);
            case Aux<?, ?>(var result, var aux) -> List.of(result, aux);
            case null, default -> null;
        };
    }

    private static Object withParts(Object tree, List<@Nullable Object> parts) {
        return switch (tree) {
            case List<?> list -> Collections.unmodifiableList(parts);
            case Map<?, ?> map -> {
                var copy = new LinkedHashMap<Object, @Nullable Object>();
                int i = 0;
                for (Object key : map.keySet()) copy.put(key, parts.get(i++));
                yield Collections.unmodifiableMap(copy);
            }
            case GradAndValue<?> g -> new GradAndValue<>(parts.get(0), (Tensor) parts.get(1));
            case Jvp<?> j -> new Jvp<>(parts.get(0), parts.get(1));
            case Aux<?, ?> a -> new Aux<>(parts.get(0), parts.get(1));
            default -> throw new AssertionError(tree);
        };
    }

    static List<@Nullable Object> leaves(@Nullable Object tree) {
        var leaves = new ArrayList<@Nullable Object>();
        collect(tree, leaves);
        return leaves;
    }

    private static void collect(@Nullable Object tree, List<@Nullable Object> leaves) {
        var parts = parts(tree);
        if (parts == null) leaves.add(tree);
        else for (Object part : parts) collect(part, leaves);
    }

    /** Returns the leaves, which must all be tensors. */
    static List<Tensor> tensors(@Nullable Object tree, String what) {
        var tensors = new ArrayList<Tensor>();
        for (Object leaf : leaves(tree)) {
            if (!(leaf instanceof Tensor t))
                throw new IllegalArgumentException(what + " must be a tensor, or a list or map of tensors, but contains " + named(leaf));
            tensors.add(t);
        }
        return tensors;
    }

    /** Returns a tree of the structure of {@code tree} with other leaves. */
    static @Nullable Object with(@Nullable Object tree, Iterator<? extends @Nullable Object> leaves) {
        var parts = parts(tree);
        if (parts == null || tree == null) return leaves.next();
        parts = new ArrayList<>(parts);
        parts.replaceAll(part -> with(part, leaves));
        return withParts(tree, parts);
    }

    /** Returns a tree of the structure of {@code tree}, whose tensors are replaced. */
    static @Nullable Object map(@Nullable Object tree, UnaryOperator<Tensor> change) {
        var leaves = leaves(tree);
        leaves.replaceAll(leaf -> leaf instanceof Tensor t ? change.apply(t) : leaf);
        return with(tree, leaves.iterator());
    }

    /**
     * Returns a dimension for each leaf of a tree.
     *
     * @param dims an integer or null for all leaves, or a tree with the structure of the outer part of {@code tree}
     * @return null if the structures differ
     */
    static @Nullable List<@Nullable Object> dims(@Nullable Object dims, @Nullable Object tree) {
        var wanted = parts(dims);
        if (wanted == null) return new ArrayList<@Nullable Object>(Collections.nCopies(leaves(tree).size(), dims));
        var parts = parts(tree);
        if (parts == null || parts.size() != wanted.size()) return null;
        if (dims instanceof Map<?, ?> named) {
            if (!(tree instanceof Map<?, ?> map) || !map.keySet().equals(named.keySet())) return null;
            wanted = new ArrayList<@Nullable Object>();
            for (Object key : map.keySet()) wanted.add(named.get(key));
        } else if (tree instanceof Map) return null;
        var all = new ArrayList<@Nullable Object>();
        for (int i = 0; i < parts.size(); i++) {
            var some = dims(wanted.get(i), parts.get(i));
            if (some == null) return null;
            all.addAll(some);
        }
        return all;
    }

    /** Returns the structure as text, with {@code *} for each leaf: {@code [*, {bias: *, weight: *}]}. */
    static String structure(@Nullable Object tree) {
        var parts = parts(tree);
        if (parts == null || tree == null) return "*";
        if (tree instanceof Map<?, ?> map)
            return map.entrySet().stream().map(e -> e.getKey() + ": " + structure(e.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        String in = parts.stream().map(Trees::structure).collect(Collectors.joining(", "));
        return tree instanceof List ? "[" + in + "]" : tree.getClass().getSimpleName() + "(" + in + ")";
    }

    /** Returns what a leaf is, for a message. */
    static String named(@Nullable Object leaf) {
        return leaf == null ? "null" : "a " + leaf.getClass().getSimpleName();
    }
}
