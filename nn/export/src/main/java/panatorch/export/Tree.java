package panatorch.export;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The structure of nested Python values, whose leaves a graph takes or returns one after the other (torch's {@code TreeSpec}). */
sealed interface Tree {
    Tree LEAF = new Leaf();

    /** A value without parts. */
    record Leaf() implements Tree {}

    /**
     * A tuple or list.
     *
     * @param type Python's name of its class
     */
    record Sequence(String type, List<Tree> children) implements Tree {}

    /**
     * A dict, named tuple or data class.
     *
     * @param keys names of the children, distinct
     */
    record Mapping(String type, List<String> keys, List<Tree> children) implements Tree {}

    /** Returns the children; none of a leaf. */
    default List<Tree> children() {
        return List.of();
    }

    /** Returns the number of leaves. */
    default long leaves() {
        return this instanceof Leaf ? 1 : children().stream().mapToLong(Tree::leaves).sum();
    }

    /** Builds the value of this structure from its leaves: {@code List}s, {@code Map}s and leaves. */
    default @Nullable Object build(Iterator<? extends @Nullable Object> leaves) {
        return switch (this) {
            case Leaf _ -> leaves.next();
            case Sequence s -> {
                var list = new ArrayList<@Nullable Object>();
                for (Tree child : s.children) list.add(child.build(leaves));
                yield Collections.unmodifiableList(list);
            }
            case Mapping m -> {
                var map = new LinkedHashMap<String, @Nullable Object>();
                for (int i = 0; i < m.keys.size(); i++) map.put(m.keys.get(i), m.children.get(i).build(leaves));
                yield Collections.unmodifiableMap(map);
            }
        };
    }

    /** Appends the leaves' names: keys and indices on the way to them, joined by dots. */
    default void names(String prefix, List<String> into) {
        switch (this) {
            case Leaf _ -> into.add(prefix.isEmpty() ? "output" : prefix.substring(1));
            case Sequence s -> {
                for (int i = 0; i < s.children.size(); i++) s.children.get(i).names(prefix + "." + i, into);
            }
            case Mapping m -> {
                for (int i = 0; i < m.keys.size(); i++) m.children.get(i).names(prefix + "." + m.keys.get(i), into);
            }
        }
    }

    /**
     * Appends the leaves of a value of this structure.
     *
     * @param what name of the value for messages
     * @throws IllegalArgumentException if the value has another structure
     */
    default void flatten(String what, @Nullable Object value, List<@Nullable Object> into) {
        switch (this) {
            case Leaf _ -> into.add(value);
            case Sequence s -> {
                if (!(value instanceof List<?> list) || list.size() != s.children.size())
                    throw new IllegalArgumentException(what + " is a list of " + s.children.size() + ", not " + described(value));
                for (int i = 0; i < list.size(); i++) s.children.get(i).flatten(what + "[" + i + "]", list.get(i), into);
            }
            case Mapping m -> {
                if (!(value instanceof Map<?, ?> map) || map.size() != m.keys.size() || !map.keySet().containsAll(m.keys))
                    throw new IllegalArgumentException(what + " is a map with the keys " + m.keys + ", not " + described(value));
                for (int i = 0; i < m.keys.size(); i++) {
                    String key = m.keys.get(i);
                    m.children.get(i).flatten(what + "['" + key + "']", map.get(key), into);
                }
            }
        }
    }

    private static String described(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case List<?> l -> "a list of " + l.size();
            case Map<?, ?> m -> "a map with the keys " + m.keySet();
            default -> "a " + value.getClass().getSimpleName();
        };
    }
}
