package panatorch.text.internal.models;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.Field;
import panatorch.text.internal.StringTable;

/** The tokens of a model and their ids, which may have gaps. */
final class Vocabulary {
    private final StringTable ids;
    private final int size;
    private final @Nullable String[] tokens;
    /** Tokens with ids far beyond the number of tokens. */
    private final Map<Integer, String> far = new HashMap<>();

    Vocabulary(Map<String, Integer> map) {
        ids = new StringTable(map);
        size = map.size();
        int near = 2 * size + 1000;
        int largest = map.values().stream().mapToInt(id -> id).filter(id -> id < near).max().orElse(-1);
        tokens = new String[largest + 1];
        map.forEach((token, id) -> {
            if (id < near) tokens[id] = token;
            else far.put(id, token);
        });
    }

    /** Reads an object of tokens and ids. */
    static Vocabulary read(Field field) {
        Map<String, @Nullable Object> members = field.map();
        Map<String, Integer> map = HashMap.newHashMap(members.size());
        members.forEach((token, id) -> map.put(token, new Field(field.path() + "[\"" + token + "\"]", id).integer()));
        return new Vocabulary(map);
    }

    int size() { return size; }

    int id(String token) { return ids.get(token); }

    StringTable table() { return ids; }

    @Nullable String token(int id) {
        if (id >= 0 && id < tokens.length && tokens[id] != null) return tokens[id];
        return far.get(id);
    }
}
