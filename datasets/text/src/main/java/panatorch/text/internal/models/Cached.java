package panatorch.text.internal.models;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.StringTable;

/**
 * A model that remembers the tokens of short pieces. The memory has a fixed number of places, each of which holds the piece that came last;
 * threads share it without locks, since entries are immutable.
 */
final class Cached implements Model {
    private static final int PLACES = 1 << 15, LONGEST = 64;

    private record Entry(char[] piece, Tokens tokens) {}

    private final Model model;
    private final @Nullable Entry[] entries = new Entry[PLACES];

    Cached(Model model) {
        this.model = model;
    }

    @Override public Tokens tokenize(char[] chars, int from, int to) {
        if (to - from > LONGEST) return model.tokenize(chars, from, to);
        int hash = StringTable.hash(chars, from, to) * 0x9E3779B1;
        int place = hash >>> 17;
        Entry entry = entries[place];
        if (entry != null && Arrays.equals(entry.piece, 0, entry.piece.length, chars, from, to)) return entry.tokens;
        Tokens tokens = model.tokenize(chars, from, to);
        entries[place] = new Entry(Arrays.copyOfRange(chars, from, to), tokens);
        return tokens;
    }

    @Override public int id(String token) { return model.id(token); }

    @Override public @Nullable String token(int id) { return model.token(id); }

    @Override public int size() { return model.size(); }
}
