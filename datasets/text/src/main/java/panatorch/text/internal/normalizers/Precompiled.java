package panatorch.text.internal.normalizers;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.AlignedText;
import panatorch.text.internal.RangeSet;

/**
 * SentencePiece's normalizer: a compiled table from strings to what replaces them. The table is a double-array trie of UTF-8 bytes, whose
 * values are offsets into replacements that end with a zero byte. Like {@code tokenizers} it takes the shortest entry that begins a
 * grapheme cluster of fewer than 6 bytes, or else a character, and replaces the whole of that cluster or character.
 */
final class Precompiled implements Normalizer {
    private static final Pattern CLUSTER = Pattern.compile("\\X");
    private static final int LONGEST_CLUSTER = 5;
    private static final String NONE = "none";
    /** Code points without a character that are nevertheless controls, since they are ignored by default. */
    private static final RangeSet IGNORABLE = RangeSet.of("2065 FFF0-FFF8 E0000-E0FFF");
    private static final int OLD_ITALIC_A = 0x10300;

    private final int[] trie;
    private final byte[] replacements;
    /** Replacements of single characters of the BMP that were looked up. Written by any thread. */
    private final @Nullable String[] known = new String[0x10000];

    /**
     * Reads a table.
     *
     * @param charsmap little-endian: size of the trie in bytes, trie, replacements
     * @throws IllegalArgumentException if it is damaged
     */
    Precompiled(byte[] charsmap) {
        var in = ByteBuffer.wrap(charsmap).order(ByteOrder.LITTLE_ENDIAN);
        if (in.remaining() < 4) throw new IllegalArgumentException("has " + charsmap.length + " bytes; at least 4 were expected");
        int size = in.getInt();
        if (size < 4 || size > in.remaining())
            throw new IllegalArgumentException("declares a trie of " + Integer.toUnsignedString(size) + " bytes, but only " + in.remaining()
                    + " follow");
        trie = new int[size / 4];
        for (int i = 0; i < trie.length; i++) trie[i] = in.getInt();
        replacements = Arrays.copyOfRange(charsmap, in.position(), charsmap.length);
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(replacements));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("has replacements that are not UTF-8", e);
        }
    }

    @Override public void normalize(AlignedText text) {
        var changes = new Changes(text.length());
        @Nullable Matcher clusters = null;
        int n = text.length();
        for (int at = 0; at < n;) {
            int c = text.codePointAt(at);
            int next = at + Character.charCount(c);
            if (next < n && !(isAlone(c) && isAlone(text.codePointAt(next)))) {
                if (clusters == null) clusters = CLUSTER.matcher(assigned(text));
                clusters.region(at, n);
                int end = clusters.lookingAt() ? clusters.end() : next;
                if (end > next) {
                    replaceCluster(text, at, end, changes);
                    at = end;
                    continue;
                }
            }
            replaceCharacter(c, changes);
            at = next;
        }
        if (!changes.any) return;
        var out = text.rewrite();
        for (int i = 0; i < changes.size; i++) out.put(changes.characters[i], changes.changes[i]);
        out.finish();
    }

    /** Returns the text with letters for unassigned characters, which Java takes for control characters that end a cluster. */
    private static CharBuffer assigned(AlignedText text) {
        char[] chars = text.chars();
        boolean copied = false;
        for (int at = 0, c; at < text.length(); at += Character.charCount(c)) {
            c = text.codePointAt(at);
            if (Character.getType(c) != Character.UNASSIGNED || IGNORABLE.contains(c)) continue;
            if (!copied) chars = chars.clone();
            copied = true;
            Character.toChars(Character.isBmpCodePoint(c) ? 'x' : OLD_ITALIC_A, chars, at);
        }
        return CharBuffer.wrap(chars, 0, text.length());
    }

    /** Returns whether a character begins a cluster, and ends one before another such character. */
    private static boolean isAlone(int c) {
        return c < 0x300 && c != '\r' || c >= 0x370 && c < 0x483 || c >= 0x48A && c < 0x590 || c >= 0x3400 && c < 0xA000
                || c >= 0x3041 && c < 0x3097 || c >= 0x30A1 && c < 0x30FB;
    }

    private void replaceCluster(AlignedText text, int from, int to, Changes changes) {
        String cluster = text.substring(from, to);
        if (to - from <= LONGEST_CLUSTER) {
            byte[] bytes = cluster.getBytes(StandardCharsets.UTF_8);
            String by = bytes.length <= LONGEST_CLUSTER ? find(bytes) : NONE;
            if (by != NONE) {
                changes.replace(cluster.codePointCount(0, cluster.length()), by);
                return;
            }
        }
        cluster.codePoints().forEach(c -> replaceCharacter(c, changes));
    }

    private void replaceCharacter(int c, Changes changes) {
        @Nullable String by = c < known.length ? known[c] : null;
        if (by == null) {
            by = find(Character.toString(c).getBytes(StandardCharsets.UTF_8));
            if (c < known.length) known[c] = by;
        }
        if (by == NONE) changes.add(c, 0);
        else changes.replace(1, by);
    }

    /** Returns the replacement of the shortest entry that is the beginning of a key, or {@link #NONE}. */
    private String find(byte[] key) {
        int node = offset(trie[0]);
        for (byte b : key) {
            int c = b & 0xFF;
            if (c == 0) break;
            node ^= c;
            if (node < 0 || node >= trie.length) return NONE;
            int unit = trie[node];
            if ((unit & 0x800000FF) != c) return NONE;
            node ^= offset(unit);
            if ((unit >> 8 & 1) == 0) continue;
            int start = node < 0 || node >= trie.length ? -1 : trie[node] & 0x7FFFFFFF;
            if (start < 0 || start > replacements.length) return NONE;
            int end = start;
            while (end < replacements.length && replacements[end] != 0) end++;
            return new String(replacements, start, end - start, StandardCharsets.UTF_8);
        }
        return NONE;
    }

    private static int offset(int unit) { return unit >>> 10 << ((unit & 1 << 9) >> 6); }

    /** Characters and what they replace, for a rewriter; the last one can still be changed. */
    private static final class Changes {
        int[] characters, changes;
        int size;
        boolean any;

        Changes(int room) {
            characters = new int[room + 8];
            changes = new int[room + 8];
        }

        void add(int c, int change) {
            if (size == characters.length) {
                characters = Arrays.copyOf(characters, 2 * size);
                changes = Arrays.copyOf(changes, 2 * size);
            }
            characters[size] = c;
            changes[size++] = change;
        }

        void replace(int old, String by) {
            any = true;
            int made = by.codePointCount(0, by.length());
            for (int i = 0, n = 0, c; i < by.length(); i += Character.charCount(c), n++) add(c = by.codePointAt(i), n < old ? 0 : 1);
            if (made < old && size > 0) changes[size - 1] += made - old;
        }
    }
}
