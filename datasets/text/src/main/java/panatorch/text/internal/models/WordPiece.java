package panatorch.text.internal.models;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.StringTable;

/**
 * A model that splits a word greedily into the longest tokens of its vocabulary; tokens after the first have a prefix. A word that cannot
 * be split is unknown as a whole (Wu et al. 2016, arXiv:1609.08144, section 4.1).
 */
final class WordPiece implements Model {
    private final Vocabulary vocabulary;
    /** Tokens after the first, without their prefix. */
    private final StringTable continuing;
    private final String unknown;
    private final int longestWord;

    WordPiece(Vocabulary vocabulary, Map<String, Integer> tokens, String prefix, String unknown, int longestWord) {
        this.vocabulary = vocabulary;
        this.unknown = unknown;
        this.longestWord = longestWord;
        var rest = new HashMap<String, Integer>();
        tokens.forEach((token, id) -> {
            if (token.startsWith(prefix)) rest.put(token.substring(prefix.length()), id);
        });
        continuing = new StringTable(rest);
    }

    @Override public Tokens tokenize(char[] chars, int from, int to) {
        if (to - from > longestWord && Character.codePointCount(chars, from, to - from) > longestWord) return unknown(to - from);
        int[] ids = new int[8], ends = new int[8];
        int n = 0;
        int[] hashes = new int[to - from + 1];
        for (int start = from; start < to;) {
            StringTable table = start == from ? vocabulary.table() : continuing;
            int last = Math.min(to, start + table.longest());
            int hash = 0;
            for (int i = start; i < last; i++) hashes[i - from] = hash = 31 * hash + chars[i];
            int id = -1;
            int end = last;
            for (; end > start; end--) {
                id = table.get(chars, start, end, hashes[end - 1 - from]);
                if (id >= 0) break;
            }
            if (id < 0) return unknown(to - from);
            if (n == ids.length) {
                ids = Arrays.copyOf(ids, 2 * n);
                ends = Arrays.copyOf(ends, 2 * n);
            }
            ids[n] = id;
            ends[n++] = end - from;
            start = end;
        }
        var starts = new int[n];
        System.arraycopy(ends, 0, starts, 1, n - 1);
        return new Tokens(Arrays.copyOf(ids, n), starts, Arrays.copyOf(ends, n), null);
    }

    private Tokens unknown(int length) {
        int id = vocabulary.id(unknown);
        if (id < 0)
            throw new IllegalStateException("a word is unknown, and the vocabulary lacks the unknown token " + unknown
                    + "; add it to model.vocab");
        return Tokens.single(id, length);
    }

    @Override public int id(String token) { return vocabulary.id(token); }

    @Override public @Nullable String token(int id) { return vocabulary.token(id); }

    @Override public int size() { return vocabulary.size(); }
}
