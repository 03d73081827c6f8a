package panatorch.text;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns texts into token ids and ids into text. A tokenizer is immutable, and any number of threads may use it at the same time.
 *
 * <pre>{@code
 * Tokenizer tokenizer = Tokenizers.load(Path.of("bert/tokenizer.json")).withTruncation(Truncation.to(128));
 * Encoding encoding = tokenizer.encode("How are you?");
 * int[] ids = encoding.ids(); // 101, 2129, 2024, 2017, 1029, 102
 * }</pre>
 */
public interface Tokenizer {
    /**
     * Encodes a text or a pair of texts. A surrogate without its partner is taken for U+FFFD.
     *
     * @param text the text, or the first of a pair
     * @param pair the second text, or null
     * @param specialTokens whether to add the special tokens that the model expects, such as {@code [CLS]}
     * @throws IllegalArgumentException if truncation cannot make the texts short enough
     * @throws IllegalStateException if the text has what the model has no token for and the file names no unknown token, or a pattern of
     * the file takes too long
     */
    Encoding encode(String text, @Nullable String pair, boolean specialTokens);

    /** Encodes a text with special tokens. */
    default Encoding encode(String text) {
        return encode(text, null, true);
    }

    /** Encodes a pair of texts with special tokens. */
    default Encoding encode(String text, String pair) {
        return encode(text, pair, true);
    }

    /** Encodes texts with special tokens, and fills them up as {@link #withPadding} says. */
    default List<Encoding> encodeBatch(List<String> texts) {
        return pad(texts.stream().map(this::encode).toList());
    }

    /**
     * Encodes pairs of texts with special tokens, and fills them up as {@link #withPadding} says.
     *
     * @throws IllegalArgumentException if the lists are not of the same size
     */
    default List<Encoding> encodeBatch(List<String> texts, List<String> pairs) {
        if (texts.size() != pairs.size())
            throw new IllegalArgumentException("there are " + texts.size() + " first texts, but " + pairs.size() + " second ones");
        var encodings = new ArrayList<Encoding>();
        for (int i = 0; i < texts.size(); i++) encodings.add(encode(texts.get(i), pairs.get(i)));
        return pad(encodings);
    }

    /** Fills encodings up as {@link #withPadding} says. */
    List<Encoding> pad(List<Encoding> encodings);

    /**
     * Returns the text of some ids. Ids without a token are left out.
     *
     * @param skipSpecialTokens whether to leave out special tokens
     */
    String decode(int[] ids, boolean skipSpecialTokens);

    /** Returns the text of some ids without special tokens. */
    default String decode(int[] ids) {
        return decode(ids, true);
    }

    /** Returns the id of a token, or -1 if there is none. */
    int id(String token);

    /** Returns the token of an id, or null if there is none. */
    @Nullable String token(int id);

    /** Returns the number of tokens, added ones included. */
    int size();

    /** Returns a tokenizer that shares everything with this one but cuts texts in this way; not at all if it is null. */
    Tokenizer withTruncation(@Nullable Truncation truncation);

    /** Returns a tokenizer that shares everything with this one but fills texts in this way; not at all if it is null. */
    Tokenizer withPadding(@Nullable Padding padding);
}
