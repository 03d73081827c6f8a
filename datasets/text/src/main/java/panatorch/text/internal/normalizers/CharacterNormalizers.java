package panatorch.text.internal.normalizers;

import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import panatorch.text.internal.AlignedText;
import panatorch.text.internal.CodePoints;
import panatorch.text.internal.RangeSet;

/** The normalizers that look at one character at a time. */
final class CharacterNormalizers {
    private static final RangeSet NMT_REMOVED = RangeSet.of("1-8 B E-1F 7F 8F 9F");
    private static final RangeSet NMT_SPACES = RangeSet.of("9-A C-D 1680 200B-200F 2028-2029 2581 FEFF FFFD");

    private CharacterNormalizers() {}

    /** Leaves out the characters that a predicate does not keep. */
    static void filter(AlignedText text, IntPredicate keep) {
        int n = text.length();
        int i = 0;
        while (i < n && keep.test(text.codePointAt(i))) i += Character.charCount(text.codePointAt(i));
        if (i == n) return;
        var out = text.rewrite();
        int last = -1, removed = 0;
        for (int at = 0, c; at < n; at += Character.charCount(c)) {
            c = text.codePointAt(at);
            if (!keep.test(c)) removed++;
            else {
                if (last < 0) out.skip(removed);
                else out.put(last, -removed);
                last = c;
                removed = 0;
            }
        }
        if (last >= 0) out.put(last, -removed);
        out.finish();
    }

    /** Replaces each character by another one. */
    static void map(AlignedText text, IntUnaryOperator by) {
        int n = text.length();
        int i = 0;
        while (i < n && by.applyAsInt(text.codePointAt(i)) == text.codePointAt(i)) i += Character.charCount(text.codePointAt(i));
        if (i == n) return;
        var out = text.rewrite();
        for (int at = 0, c; at < n; at += Character.charCount(c)) out.put(by.applyAsInt(c = text.codePointAt(at)), 0);
        out.finish();
    }

    /** Makes all letters lower-case, one by one: a final sigma is like any other. */
    static void lowercase(AlignedText text) {
        char[] chars = text.chars();
        int n = text.length();
        boolean simple = true;
        for (int i = 0; i < n && simple; i++) simple = chars[i] < 0x80;
        if (simple) {
            for (int i = 0; i < n; i++) if (chars[i] >= 'A' && chars[i] <= 'Z') chars[i] += 'a' - 'A';
            return;
        }
        var out = text.rewrite();
        for (int at = 0, c; at < n; at += Character.charCount(c)) {
            c = text.codePointAt(at);
            if (c == 0x130) { // the only character whose lower case has two
                out.put('i', 0);
                out.put(0x307, 1);
            } else out.put(CodePoints.lowerCase(c), 0);
        }
        out.finish();
    }

    /** Leaves out combining marks, without taking letters and their accents apart. */
    static void stripAccents(AlignedText text) {
        if (!text.isAscii()) filter(text, c -> c < 0x300 || !CodePoints.isMark(c));
    }

    /** Leaves out white space at the ends. */
    static void strip(AlignedText text, boolean left, boolean right) {
        int n = text.length();
        int from = 0, to = n, leading = 0;
        while (left && from < n && CodePoints.isWhiteSpace(text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
            leading++;
        }
        while (right && to > from && CodePoints.isWhiteSpace(text.chars()[to - 1])) to--; // no white space has surrogates
        if (from == 0 && to == n) return;
        var out = text.rewrite();
        out.skip(leading);
        out.copyTo(to);
        out.finish();
    }

    /** Does what NMT's normalization does besides NFKC: leaves out control characters, and makes special spaces spaces. */
    static void nmt(AlignedText text) {
        filter(text, c -> !NMT_REMOVED.contains(c));
        map(text, c -> NMT_SPACES.contains(c) ? ' ' : c);
    }
}
