package panatorch.text;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.Field;

/**
 * What a {@code tokenizer.json} says beside how texts are split: its vocabulary, truncation and padding. For other implementations of
 * {@link Tokenizer} that read the file themselves; {@link Tokenizers#load} needs none. Immutable.
 */
public final class TokenizerFile {
    private final byte[] json;
    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, String> tokens = new HashMap<>();
    private final @Nullable Truncation truncation;
    private final @Nullable Padding padding;

    private TokenizerFile(byte[] json) {
        this.json = json.clone();
        Field file = Field.parse(json), vocabulary = file.get("model").get("vocab"), added = file.get("added_tokens");
        if (vocabulary.isList()) {
            List<Field> entries = vocabulary.list();
            for (int id = 0; id < entries.size(); id++) put(entries.get(id).list().getFirst().string(), id);
        } else {
            for (String token : vocabulary.map().keySet()) put(token, vocabulary.get(token).integer());
        }
        if (!added.isNull()) for (Field token : added.list()) put(token.get("content").string(), token.get("id").integer());
        truncation = file.get("truncation").isNull() ? null : Truncation.read(file.get("truncation"));
        padding = file.get("padding").isNull() ? null : Padding.read(file.get("padding"));
    }

    private void put(String token, int id) {
        ids.put(token, id);
        tokens.put(id, token);
    }

    /**
     * Reads a {@code tokenizer.json}.
     *
     * @throws TokenizerException if the file is missing or damaged; the message names the field
     */
    public static TokenizerFile load(Path tokenizerJson) {
        return Tokenizers.load(tokenizerJson, TokenizerFile::new);
    }

    /**
     * Reads the bytes of a {@code tokenizer.json}.
     *
     * @throws TokenizerException if they are damaged; the message names the field
     */
    public static TokenizerFile parse(byte[] tokenizerJson) {
        return Tokenizers.parse(tokenizerJson, TokenizerFile::new);
    }

    /** Returns the bytes of the file, a copy. */
    public byte[] json() { return json.clone(); }

    /** Returns the id of a token, or -1 if there is none. */
    public int id(String token) { return ids.getOrDefault(token, -1); }

    /** Returns the token of an id, or null if there is none. */
    public @Nullable String token(int id) { return tokens.get(id); }

    /** Returns the number of tokens, added ones included. */
    public int size() { return tokens.size(); }

    /** Returns how the file says that texts are cut, or null if they are not. */
    public @Nullable Truncation truncation() {
        return truncation;
    }

    /** Returns how the file says that texts are filled, or null if they are not. */
    public @Nullable Padding padding() { return padding; }
}
