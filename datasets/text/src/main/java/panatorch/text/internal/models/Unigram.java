package panatorch.text.internal.models;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.CharTrie;

/**
 * A model that splits a piece into the tokens whose scores have the largest sum (Kudo 2018, arXiv:1804.10959). Characters that no token has
 * are unknown, and neighbouring ones are one token.
 */
final class Unigram implements Model {
    private static final double UNKNOWN_PENALTY = 10;

    private final List<String> tokens;
    private final double[] scores;
    private final CharTrie trie = new CharTrie();
    private final int unknown;
    private final double unknownScore;
    /** Ids of the tokens of single bytes if characters without a token are written so. */
    private final int @Nullable [] bytes;

    /**
     * Makes a model.
     *
     * @param unknown id of the unknown token, or -1
     */
    Unigram(List<String> tokens, double[] scores, int unknown, boolean byteFallback) {
        this.tokens = tokens;
        this.scores = scores;
        this.unknown = unknown;
        for (int id = 0; id < scores.length; id++) trie.put(tokens.get(id), id);
        unknownScore = Arrays.stream(scores).min().orElse(Double.POSITIVE_INFINITY) - UNKNOWN_PENALTY;
        bytes = byteFallback ? ByteTokens.of(this::id) : null;
    }

    @Override public Tokens tokenize(char[] chars, int from, int to) {
        int n = to - from;
        var best = new double[n + 1];
        var starts = new int[n + 1];
        var ids = new int[n + 1];
        Arrays.fill(starts, -1);
        for (int at = 0, next; at < n; at = next) {
            next = at + Character.charCount(Character.codePointAt(chars, from + at, to));
            boolean single = false;
            int node = CharTrie.ROOT;
            for (int end = at; end < n;) {
                node = trie.child(node, chars[from + end++]);
                if (node < 0) break;
                int id = trie.value(node);
                if (id < 0) continue;
                offer(best, starts, ids, at, end, scores[id] + best[at], id);
                single |= end == next;
            }
            if (!single) {
                if (unknown < 0)
                    throw new IllegalStateException("\"" + new String(chars, from + at, next - at)
                            + "\" is in no token, and the model has no unknown token; set model.unk_id");
                offer(best, starts, ids, at, next, unknownScore + best[at], unknown);
            }
        }
        return path(chars, from, n, starts, ids);
    }

    private static void offer(double[] best, int[] starts, int[] ids, int at, int end, double score, int id) {
        if (starts[end] >= 0 && score <= best[end]) return;
        best[end] = score;
        starts[end] = at;
        ids[end] = id;
    }

    /** Follows the best path back, joins unknown neighbours and writes unknown characters as bytes. */
    private Tokens path(char[] chars, int from, int n, int[] starts, int[] ids) {
        int[] cuts = new int[n + 1];
        int pieces = 0;
        for (int end = n; end > 0;) {
            int start = starts[end];
            boolean isUnknown = ids[end] == unknown;
            while (isUnknown && start > 0 && ids[start] == unknown) start = starts[start];
            cuts[pieces++] = end;
            end = start;
        }
        var list = new Growing(pieces);
        for (int i = pieces - 1, start = 0; i >= 0; start = cuts[i--]) {
            int end = cuts[i];
            int id = ids[end];
            if (id != unknown) list.add(id, start, end, null);
            else addUnknown(list, new String(chars, from + start, end - start), start, end);
        }
        return list.tokens();
    }

    private void addUnknown(Growing list, String text, int start, int end) {
        int known = id(text); // neighbours that are unknown one by one may be a token together
        if (known >= 0) list.add(known, start, end, null);
        else {
            byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
            if (bytes == null || !ByteTokens.has(bytes, utf8)) list.add(unknown, start, end, text);
            else for (byte b : utf8) list.add(bytes[b & 0xFF], start, end, null);
        }
    }

    private static final class Growing {
        private int[] ids, starts, ends;
        private final ArrayList<@Nullable String> strings = new ArrayList<>();
        private boolean named;

        Growing(int room) {
            ids = new int[room];
            starts = new int[room];
            ends = new int[room];
        }

        void add(int id, int start, int end, @Nullable String string) {
            int n = strings.size();
            if (n == ids.length) {
                ids = Arrays.copyOf(ids, 2 * n + 4);
                starts = Arrays.copyOf(starts, 2 * n + 4);
                ends = Arrays.copyOf(ends, 2 * n + 4);
            }
            ids[n] = id;
            starts[n] = start;
            ends[n] = end;
            strings.add(string);
            named |= string != null;
        }

        Tokens tokens() {
            int n = strings.size();
            return new Tokens(Arrays.copyOf(ids, n), Arrays.copyOf(starts, n), Arrays.copyOf(ends, n),
                    named ? strings.toArray(new @Nullable String[0]) : null);
        }
    }

    @Override public int id(String token) {
        int node = CharTrie.ROOT;
        for (int i = 0; i < token.length() && node >= 0; i++) node = trie.child(node, token.charAt(i));
        return node < 0 ? -1 : trie.value(node);
    }

    @Override public @Nullable String token(int id) { return id >= 0 && id < tokens.size() ? tokens.get(id) : null; }

    @Override public int size() { return tokens.size(); }
}
