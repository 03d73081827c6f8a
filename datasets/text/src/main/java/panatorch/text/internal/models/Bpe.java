package panatorch.text.internal.models;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909): the characters of a piece are merged, pair by pair, in the order that was
 * learnt.
 */
final class Bpe implements Model {
    /**
     * The settings of a model.
     *
     * @param unknown the unknown token; without one, characters without a token are left out
     * @param prefix what tokens after the first character begin with
     * @param suffix what the token of the last character ends with
     * @param fuseUnknown whether neighbouring unknown characters are one token
     * @param byteFallback whether characters without a token are written as bytes
     * @param ignoreMerges whether a piece that is a token is taken as it is
     */
    record Options(@Nullable String unknown, String prefix, String suffix, boolean fuseUnknown, boolean byteFallback,
            boolean ignoreMerges) {}

    private final Vocabulary vocabulary;
    private final Merges merges;
    private final Options options;
    private final int @Nullable [] bytes;
    private final boolean plain;
    private final int unknown;

    Bpe(Vocabulary vocabulary, Merges merges, Options options) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.options = options;
        bytes = options.byteFallback ? ByteTokens.of(vocabulary::id) : null;
        unknown = options.unknown == null ? -1 : vocabulary.id(options.unknown);
        plain = options.prefix.isEmpty() && options.suffix.isEmpty();
    }

    @Override public Tokens tokenize(char[] chars, int from, int to) {
        if (options.ignoreMerges) {
            int id = vocabulary.table().get(chars, from, to);
            if (id >= 0) return Tokens.single(id, to - from);
        }
        Symbols symbols = symbols(chars, from, to);
        symbols.mergeAll();
        return tokens(chars, from, to, symbols);
    }

    private Symbols symbols(char[] chars, int from, int to) {
        var symbols = new Symbols(merges, to - from);
        int unknownBytes = 0; // of unknown characters that are no symbol yet
        for (int at = from, next; at < to; at = next) {
            next = next(chars, at, to);
            int length = bytes(chars, at, to);
            @Nullable String affixed = plain ? null
                    : (at == from ? "" : options.prefix) + new String(chars, at, next - at) + (next == to ? options.suffix : "");
            int id = affixed == null ? vocabulary.table().get(chars, at, next) : vocabulary.id(affixed);
            if (id >= 0) {
                if (unknownBytes > 0) symbols.add(unknown, unknownBytes);
                unknownBytes = 0;
                symbols.add(id, length);
            } else if (!addBytes(symbols, affixed == null ? new String(chars, at, next - at) : affixed) && options.unknown != null) {
                if (unknown < 0)
                    throw new IllegalStateException(
                            "\"" + new String(chars, at, next - at) + "\" is no token, and the vocabulary lacks the "
                                    + "unknown token " + options.unknown + "; add it to model.vocab");
                if (unknownBytes > 0 && !options.fuseUnknown) {
                    symbols.add(unknown, unknownBytes);
                    unknownBytes = 0;
                }
                unknownBytes += length;
            }
        }
        if (unknownBytes > 0) symbols.add(unknown, unknownBytes);
        return symbols;
    }

    private boolean addBytes(Symbols symbols, String character) {
        if (bytes == null) return false;
        byte[] utf8 = character.getBytes(StandardCharsets.UTF_8);
        if (!ByteTokens.has(bytes, utf8)) return false;
        for (byte b : utf8) symbols.add(bytes[b & 0xFF], 1);
        return true;
    }

    /**
     * Makes tokens of symbols. Their places are counted in bytes from the beginning of the piece, as {@code tokenizers} does even if
     * characters were left out, and widened to whole characters.
     */
    private static Tokens tokens(char[] chars, int from, int to, Symbols symbols) {
        int n = symbols.size();
        int[] ids = new int[n], starts = new int[n], ends = new int[n];
        int at = from, next = from, read = 0; // the character from at to next ends after this many bytes
        for (int i = 0, start = 0, end; i < n; i++, start = end) {
            end = start + symbols.length(i);
            ids[i] = symbols.id(i);
            for (; read <= start && next < to; next = next(chars, next, to)) read += bytes(chars, at = next, to);
            starts[i] = at - from;
            for (; read < end && next < to; next = next(chars, next, to)) read += bytes(chars, at = next, to);
            ends[i] = next - from;
        }
        return new Tokens(ids, starts, ends, null);
    }

    private static int next(char[] chars, int at, int to) { return at + Character.charCount(Character.codePointAt(chars, at, to)); }

    /** Returns the number of UTF-8 bytes of the character at a place. */
    private static int bytes(char[] chars, int at, int to) {
        int c = Character.codePointAt(chars, at, to);
        return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    }

    @Override public int id(String token) { return vocabulary.id(token); }

    @Override public @Nullable String token(int id) { return vocabulary.token(id); }

    @Override public int size() { return vocabulary.size(); }
}
