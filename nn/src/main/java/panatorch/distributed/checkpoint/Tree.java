package panatorch.distributed.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * The JSON form of a state: objects, arrays and plain values, with an object that has the only key {@value #TENSOR} in place of each
 * tensor. Maps by whole numbers are objects with the only key {@value #BY_NUMBER}; numbers that JSON lacks are texts under
 * {@value #NUMBER}.
 */
final class Tree {
    static final String TENSOR = "$tensor", BY_NUMBER = "$by_number", NUMBER = "$number";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final int rank, ranks;
    /** The tensors that this rank writes, by their names in its file. */
    final Map<String, Tensor> own = new LinkedHashMap<>();
    private final Map<Tensor, String> keys = new IdentityHashMap<>();
    private final String file;

    /** @param file name of the file of this rank */
    Tree(int rank, int ranks, String file) {
        this.rank = rank;
        this.ranks = ranks;
        this.file = file;
    }

    JsonNode of(Object value, List<String> path) {
        return switch (value) {
            case Tensor t -> replicated(t, path);
            case Piece p -> piece(p, p.tensor().numel() > 0, path);
            case Map<?, ?> m -> map(m, path);
            case List<?> l -> {
                ArrayNode array = JSON.arrayNode();
                for (int i = 0; i < l.size(); i++) array.add(nullable(l.get(i), with(path, String.valueOf(i))));
                yield array;
            }
            case Boolean b -> JSON.booleanNode(b);
            case String s -> JSON.textNode(s);
            case Double d -> number(d);
            case Float f -> number(f);
            case Long n -> JSON.numberNode(n);
            case Integer n -> JSON.numberNode(n.longValue());
            default -> throw new IllegalArgumentException("a checkpoint cannot hold " + value.getClass().getName() + ", the value of "
                    + String.join("/", path) + "; it holds maps, lists, tensors, pieces, numbers, booleans, texts and nulls");
        };
    }

    private JsonNode nullable(@Nullable Object value, List<String> path) {
        return value == null ? JSON.nullNode() : of(value, path);
    }

    private static JsonNode number(double d) {
        return Double.isFinite(d) ? JSON.numberNode(d) : JSON.objectNode().put(NUMBER, Double.toString(d));
    }

    private ObjectNode map(Map<?, ?> map, List<String> path) {
        ObjectNode object = JSON.objectNode();
        boolean byNumber = !map.isEmpty() && map.keySet().stream().allMatch(k -> k instanceof Long || k instanceof Integer);
        map.forEach((key, value) -> {
            String name = String.valueOf(key);
            if (!byNumber && (!(key instanceof String) || name.startsWith("$")))
                throw new IllegalArgumentException(
                        "the keys of a checkpoint's maps are texts that do not begin with $, or whole numbers, not "
                                + key);
            object.set(name, nullable(value, with(path, name)));
        });
        return byNumber ? JSON.objectNode().set(BY_NUMBER, object) : object;
    }

    static List<String> with(List<String> path, String key) {
        var all = new ArrayList<>(path);
        all.add(key);
        return all;
    }

    /** One of the ranks writes a tensor that all have. */
    private JsonNode replicated(Tensor t, List<String> path) {
        return piece(Piece.whole(t), Math.floorMod(String.join("/", path).hashCode(), ranks) == rank, path);
    }

    private JsonNode piece(Piece p, boolean writes, List<String> path) {
        ObjectNode node = JSON.objectNode().put("dtype", p.tensor().dtype().name());
        node.set("shape", numbers(p.shape()));
        ArrayNode pieces = node.putArray("pieces");
        if (writes) {
            String key = keys.computeIfAbsent(p.tensor(), t -> String.join("/", path)); // tied tensors are written once
            own.put(key, p.tensor());
            Region r = Region.of(p);
            ObjectNode piece = pieces.addObject().put("file", file).put("key", key);
            piece.set("offsets", numbers(r.offsets()));
            piece.set("shape", numbers(r.shape()));
            piece.put("crc32c", Bytes.checksum(p.tensor()));
        }
        return JSON.objectNode().set(TENSOR, node);
    }

    private static ArrayNode numbers(List<Long> numbers) {
        ArrayNode array = JSON.arrayNode();
        numbers.forEach(array::add);
        return array;
    }

    // ---- the trees of all ranks

    /** Adds what another rank has to a tree: entries of objects, elements of arrays, and pieces of tensors. */
    static void merge(JsonNode all, JsonNode other, String path) {
        if (all.get(TENSOR) instanceof ObjectNode mine && other.get(TENSOR) instanceof ObjectNode theirs) {
            if (!mine.get("dtype").equals(theirs.get("dtype")) || !mine.get("shape").equals(theirs.get("shape")))
                throw new IllegalArgumentException("the ranks must have pieces of the same tensor, but " + path + " is " + described(mine)
                        + " on one rank and " + described(theirs) + " on another");
            ((ArrayNode) mine.get("pieces")).addAll((ArrayNode) theirs.get("pieces"));
        } else if (all instanceof ObjectNode mine && other instanceof ObjectNode theirs) {
            theirs.properties().forEach(e -> {
                JsonNode before = mine.get(e.getKey());
                if (before == null) mine.set(e.getKey(), e.getValue());
                else merge(before, e.getValue(), path.isEmpty() ? e.getKey() : path + "/" + e.getKey());
            });
        } else if (all instanceof ArrayNode mine && other instanceof ArrayNode theirs) {
            for (int i = 0; i < Math.min(mine.size(), theirs.size()); i++) merge(mine.get(i), theirs.get(i), path + "/" + i);
        }
    }

    private static String described(JsonNode tensor) {
        return tensor.get("dtype").asText().toLowerCase(java.util.Locale.ROOT) + " " + tensor.get("shape");
    }

    /** Requires that the pieces of each tensor make it as a whole. */
    static void requireWhole(JsonNode tree, String path) {
        if (tree.get(TENSOR) instanceof ObjectNode tensor) {
            SavedTensor saved = SavedTensor.of(tensor);
            if (saved == null || !saved.isWhole())
                throw new IllegalArgumentException("the pieces of " + path + ", " + described(tensor) + ", do not make a whole tensor. "
                        + "A plain tensor has to be on all ranks; one that a single rank has is Piece.whole(tensor)");
            return;
        }
        if (tree instanceof ObjectNode o)
            o.properties().forEach(e -> requireWhole(e.getValue(), path.isEmpty() ? e.getKey()
                    : path + "/" + e.getKey()));
        if (tree instanceof ArrayNode a) for (int i = 0; i < a.size(); i++) requireWhole(a.get(i), path + "/" + i);
    }
}
