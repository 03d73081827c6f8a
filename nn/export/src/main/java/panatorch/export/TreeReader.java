package panatorch.export;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads the structure of nested values, {@code [1, {"type": …, "context": …, "children_spec": […]}]}. The context is a text that itself is
 * JSON; of a dict it lists the keys.
 */
final class TreeReader {
    private static final int DEEPEST = 100;
    private final JsonReader json;
    private final Map<String, List<String>> fieldNames;
    private int depth;

    private TreeReader(JsonReader json, Map<String, List<String>> fieldNames) {
        this.json = json;
        this.fieldNames = fieldNames;
    }

    /** @param fieldNames the fields of named tuples, by the name of their class */
    static Tree read(String text, Map<String, List<String>> fieldNames, Function<String, IOException> malformed) throws IOException {
        return JsonReader.read(text.getBytes(StandardCharsets.UTF_8), "the structure of the arguments", malformed,
                json -> new TreeReader(json, fieldNames)::versioned);
    }

    private Tree versioned() throws IOException {
        var trees = new ArrayList<Tree>();
        json.list(() -> {
            if (json.isObject()) trees.add(tree());
            else if (json.integer() != 1) throw json.fault("the structure has a version other than 1");
            return trees;
        });
        if (trees.size() != 1) throw json.fault("there should be one structure, not " + trees.size());
        return trees.getFirst();
    }

    private Tree tree() throws IOException {
        if (++depth > DEEPEST) throw json.fault("the structure is nested too deeply");
        var found = new Object() {
            @Nullable
            String type, context;
            List<Tree> children = List.of();
        };
        json.object(member -> {
            switch (member) {
                case "type" -> found.type = json.isNull() ? null : json.text();
                case "context" -> found.context = json.isText() ? json.text() : null;
                case "children_spec" -> found.children = json.list(this::tree);
                default -> {}
            }
        });
        depth--;
        if (found.type == null) return Tree.LEAF;
        List<String> keys = keys(found.context);
        boolean named = keys.size() == found.children.size() && !keys.isEmpty() && new HashSet<>(keys).size() == keys.size();
        return named ? new Tree.Mapping(found.type, keys, found.children) : new Tree.Sequence(found.type, found.children);
    }

    /** Returns the names of the children of a dict, a named tuple or a data class; none for a list, or a class that has its own context. */
    private List<String> keys(@Nullable String context) {
        if (context == null) return List.of();
        List<String> fields = fieldNames.get(context); // of a named tuple, whose context is the name of its class
        if (fields != null) return fields;
        try {
            return JsonReader.read(context.getBytes(StandardCharsets.UTF_8), "a context", IOException::new, in -> () -> {
                var parts =
                        in.list(() -> in.isList() ? in.list(in::text) : List.of(in.isNumber() ? Long.toString(in.integer()) : in.text()));
                boolean dataClass = context.startsWith("[["); // its fields, then the absent ones
                return dataClass ? parts.getFirst() : parts.stream().flatMap(List::stream).toList();
            });
        } catch (IOException other) {
            return List.of();
        }
    }
}
