package panatorch.text.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The tokens beside those of the model, which are found in a text before it is split. Immutable, for any number of threads. */
public final class AddedTokens {
    /**
     * An added token.
     *
     * @param content the token
     * @param singleWord whether it is only found where it is no part of a word
     * @param lstrip whether it takes the white space before it
     * @param rstrip whether it takes the white space after it
     * @param normalized whether it is looked for in the normalized text
     * @param special whether decoding may leave it out
     */
    public record AddedToken(String content, boolean singleWord, boolean lstrip, boolean rstrip, boolean normalized, boolean special) {
        /** Reads a token. */
        public static AddedToken read(Field field) {
            return new AddedToken(field.get("content").string(), field.get("single_word").bool(), field.get("lstrip").bool(),
                    field.get("rstrip").bool(), field.get("normalized").bool(), field.get("special").bool());
        }
    }

    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, AddedToken> tokens = new HashMap<>();
    private final Map<Integer, String> names = new HashMap<>();
    private final Set<String> special = new HashSet<>();
    private final CharTrie raw = new CharTrie(), normalized = new CharTrie();
    private boolean hasRaw, hasNormalized;

    /**
     * Numbers added tokens: those of the model's vocabulary have its ids, the others the next ones after it.
     *
     * @param size number of tokens of the model
     * @param model the model's ids, -1 for what is none of its tokens
     * @param normalize the normalizer
     */
    public AddedTokens(List<AddedToken> added, int size, ToIntFunction<String> model, UnaryOperator<String> normalize) {
        int next = size;
        for (AddedToken token : added) {
            if (token.content.isEmpty()) continue;
            @Nullable Integer known = ids.get(token.content);
            int id = known != null ? known : model.applyAsInt(token.content);
            if (id < 0) id = next++;
            String name = token.normalized ? normalize.apply(token.content) : token.content;
            ids.put(token.content, id);
            tokens.put(id, token);
            names.put(id, name);
            if (token.special) special.add(token.content);
        }
        tokens.forEach((id, token) -> {
            String name = names.getOrDefault(id, "");
            if (!name.isEmpty()) (token.normalized ? normalized : raw).put(name, id);
            hasRaw |= !token.normalized;
            hasNormalized |= token.normalized;
        });
    }

    /** Returns the number of tokens that the model does not have. */
    public int beyond(ToIntFunction<String> model) {
        return (int) ids.keySet().stream().filter(token -> model.applyAsInt(token) < 0).count();
    }

    /** Returns the id of a token, or -1. */
    public int id(String token) { return ids.getOrDefault(token, -1); }

    /** Returns the token of an id as it is found in texts, or null. */
    public @Nullable String token(int id) { return names.get(id); }

    /** Returns whether decoding may leave a token out. */
    public boolean isSpecial(String token) { return special.contains(token); }

    /** Splits a piece at the tokens that are looked for in the text as it is. */
    public List<Piece> splitRaw(Piece piece) {
        return hasRaw ? split(piece, raw) : whole(piece);
    }

    /** Splits a piece at the tokens that are looked for in the normalized text. */
    public List<Piece> splitNormalized(Piece piece) {
        return hasNormalized ? split(piece, normalized) : whole(piece);
    }

    private static List<Piece> whole(Piece piece) {
        return piece.isEmpty() ? List.of() : List.of(piece.slice(piece.from(), piece.to()));
    }

    private List<Piece> split(Piece piece, CharTrie trie) {
        var pieces = new ArrayList<Piece>();
        char[] chars = piece.text().chars();
        int begun = piece.from();
        for (int at = piece.from(), end; at < piece.to(); at = end) {
            end = at + 1;
            int id = -1;
            int node = CharTrie.ROOT;
            for (int i = at; i < piece.to() && (node = trie.child(node, chars[i])) >= 0; i++) {
                if (trie.value(node) < 0) continue;
                id = trie.value(node);
                end = i + 1;
            }
            if (id < 0) continue;
            AddedToken token = tokens.get(id);
            if (token == null || token.singleWord && !isAlone(piece, at, end)) continue;
            int start = at, stop = end;
            if (token.lstrip) {
                while (start > piece.from() && CodePoints.isWhiteSpace(chars[start - 1])) start--;
                start = Math.max(start, begun);
            }
            if (token.rstrip) while (stop < piece.to() && CodePoints.isWhiteSpace(chars[stop])) stop++;
            if (begun < start) pieces.add(piece.slice(begun, start));
            pieces.add(piece.slice(start, stop, id));
            begun = stop;
        }
        if (begun < piece.to()) pieces.add(piece.slice(begun, piece.to()));
        return pieces;
    }

    private static boolean isAlone(Piece piece, int from, int to) {
        char[] chars = piece.text().chars();
        return (from == piece.from() || !CodePoints.isWord(Character.codePointBefore(chars, from, piece.from())))
                && (to == piece.to() || !CodePoints.isWord(Character.codePointAt(chars, to, piece.to())));
    }
}
