package panatorch.text.internal;

import java.text.Normalizer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Unicode's normalization forms of an aligned text. {@link Normalizer} gives the decompositions and compositions of single characters; the
 * forms are built here, because the place of each character has to be followed (Unicode Standard Annex 15).
 */
public final class Normalization {
    /** Unicode's four normalization forms. */
    public enum Form {
        NFC(Normalizer.Form.NFC), NFD(Normalizer.Form.NFD), NFKC(Normalizer.Form.NFKC), NFKD(Normalizer.Form.NFKD);

        private final Normalizer.Form form;

        Form(Normalizer.Form form) {
            this.form = form;
        }

        private boolean composes() { return this == NFC || this == NFKC; }

        private Normalizer.Form decomposition() { return this == NFC || this == NFD ? Normalizer.Form.NFD : Normalizer.Form.NFKD; }
    }

    /** One mark of each combining class, in the order of the classes. */
    private static final int[] CLASSES =
            ("\u0334\u093C\u3099\u094D\u05B0\u05B1\u05B2\u05B3\u05B4\u05B5\u05B6\u05B7\u05B8\u05B9\u05BB\u05BC\u05BD\u05BF\u05C1"
                    + "\u05C2\uFB1E\u064B\u064C\u064D\u0618\u0619\u061A\u0651\u0652\u0670\u0711\u0C55\u0C56\u0E38\u0E48\u0EB8\u0EC8\u0F71"
                    + "\u0F72\u0F74\u0321\u1DCE\u031B\u302A\u0316\u059A\u302E\uD834\uDD6D\u05AE\u0300\u0315\u035C\u035D\u0345").codePoints()
                    .toArray();
    private static final String LAST = "\u0345";

    /** Decompositions that were looked up: of each character, its own string if it has none. Written by any thread. */
    private static final @Nullable String[] CANONICAL = new String[0x30000], COMPATIBLE = new String[0x30000];
    /** Ranks of combining classes that were looked up, and 1 more. Written by any thread. */
    private static final byte[] RANKS = new byte[0x20000];

    private record Composition(int first, int second, int composed) {}

    private static final @Nullable Composition[] COMPOSITIONS = new Composition[1 << 12];

    private final Form form;
    private final AlignedText.Rewriter out;
    private int[] characters, changes;
    private int[] ranks;
    private int size;

    private Normalization(AlignedText text, Form form) {
        this.form = form;
        out = text.rewrite();
        characters = new int[text.length() + 16];
        changes = new int[text.length() + 16];
        ranks = new int[text.length() + 16];
    }

    /** Brings a text into a form. */
    public static void apply(AlignedText text, Form form) {
        if (text.isAscii() || Normalizer.isNormalized(text.toString(), form.form)) return;
        var normalization = new Normalization(text, form);
        for (int i = 0, c; i < text.length(); i += Character.charCount(c)) normalization.decompose(c = text.codePointAt(i));
        normalization.sort();
        if (form.composes()) normalization.compose();
        else for (int i = 0; i < normalization.size; i++) normalization.emit(i);
        normalization.out.finish();
    }

    private void emit(int i) { out.put(characters[i], changes[i]); }

    private void decompose(int c) {
        if (c < 0x80) push(c, 0);
        else {
            String parts = decomposition(c, form.decomposition());
            for (int i = 0, d; i < parts.length(); i += Character.charCount(d)) push(d = parts.codePointAt(i), i == 0 ? 0 : 1);
        }
    }

    private void push(int c, int change) {
        if (size == characters.length) {
            characters = Arrays.copyOf(characters, 2 * size);
            changes = Arrays.copyOf(changes, 2 * size);
            ranks = Arrays.copyOf(ranks, 2 * size);
        }
        characters[size] = c;
        changes[size] = change;
        ranks[size++] = rank(c);
    }

    /** Sorts each run of marks by combining class, stably. */
    private void sort() {
        for (int from = 0, to; from < size; from = to) {
            to = from + 1;
            if (ranks[from] == 0) continue;
            boolean sorted = true;
            for (; to < size && ranks[to] != 0; to++) sorted &= ranks[to - 1] <= ranks[to];
            if (!sorted) sort(from, to);
        }
    }

    private void sort(int from, int to) {
        var keys = new long[to - from];
        for (int i = 0; i < keys.length; i++) keys[i] = (long) ranks[from + i] << 32 | i;
        Arrays.sort(keys);
        int[] c = Arrays.copyOfRange(characters, from, to), change = Arrays.copyOfRange(changes, from, to);
        for (int i = 0; i < keys.length; i++) {
            characters[from + i] = c[(int) keys[i]];
            changes[from + i] = change[(int) keys[i]];
            ranks[from + i] = (int) (keys[i] >>> 32);
        }
    }

    /** Joins each starter with the marks after it that are not blocked. */
    private void compose() {
        int starter = -1, waiting = 0, last = -1;
        var waits = new int[16];
        for (int i = 0; i < size; i++) {
            int rank = ranks[i];
            if (starter < 0) {
                if (rank == 0) starter = i;
                else emit(i);
                continue;
            }
            if (last < rank) {
                int composed = composed(characters[starter], characters[i]);
                if (composed >= 0) {
                    characters[starter] = composed;
                    changes[starter] += changes[i] - 1;
                    continue;
                }
            }
            if (rank > 0) {
                if (waiting == waits.length) waits = Arrays.copyOf(waits, 2 * waiting);
                waits[waiting++] = i;
                last = rank;
                continue;
            }
            emit(starter);
            for (int w = 0; w < waiting; w++) emit(waits[w]);
            waiting = 0;
            last = -1;
            starter = i;
        }
        if (starter >= 0) emit(starter);
        for (int w = 0; w < waiting; w++) emit(waits[w]);
    }

    private static String decomposition(int c, Normalizer.Form form) {
        if (c >= CANONICAL.length) return Character.toString(c);
        @Nullable String[] known = form == Normalizer.Form.NFD ? CANONICAL : COMPATIBLE;
        String parts = known[c];
        if (parts == null) {
            parts = Character.toString(c);
            if (!UnicodeDifferences.NOT_NORMALIZED.contains(c)) parts = Normalizer.normalize(parts, form);
            known[c] = parts;
        }
        return parts;
    }

    /** Returns the rank of a character's combining class among all classes, 0 for a starter. */
    private static int rank(int c) {
        if (c < 0x300 || c >= RANKS.length) return 0;
        int rank = RANKS[c] - 1;
        if (rank < 0) {
            rank = findRank(c);
            RANKS[c] = (byte) (rank + 1);
        }
        return rank;
    }

    private static int findRank(int c) {
        String mark = Character.toString(c);
        if (mark.equals(LAST)) return CLASSES.length;
        if (UnicodeDifferences.NOT_NORMALIZED.contains(c) || !isBefore(mark, LAST)) return 0;
        int low = 0, high = CLASSES.length - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (isBefore(Character.toString(CLASSES[middle]), mark)) low = middle + 1;
            else high = middle;
        }
        return low + 1;
    }

    /** Returns whether a mark's class is smaller than another one's. */
    private static boolean isBefore(String mark, String other) {
        String both = other + mark;
        return !Normalizer.isNormalized(both, Normalizer.Form.NFD) && Normalizer.normalize(both, Normalizer.Form.NFD).equals(mark + other);
    }

    private static int composed(int first, int second) {
        if (second < 0x300 || second >= 0x3400 && second < 0xA000 || second >= 0xAC00 && second < 0x11000) return -1;
        int slot = (first * 31 + second) * 0x9E3779B1 >>> 20;
        Composition known = COMPOSITIONS[slot];
        if (known == null || known.first != first || known.second != second) {
            String both = new StringBuilder().appendCodePoint(first).appendCodePoint(second).toString();
            String composed = Normalizer.normalize(both, Normalizer.Form.NFC);
            boolean one = composed.codePointCount(0, composed.length()) == 1
                    && !UnicodeDifferences.NOT_NORMALIZED.contains(composed.codePointAt(0));
            known = new Composition(first, second, one ? composed.codePointAt(0) : -1);
            COMPOSITIONS[slot] = known;
        }
        return known.composed;
    }
}
