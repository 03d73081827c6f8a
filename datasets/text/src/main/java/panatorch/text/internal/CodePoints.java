package panatorch.text.internal;

import java.lang.Character.UnicodeScript;
import org.jspecify.annotations.Nullable;

/**
 * Properties of code points as the Rust libraries under Python's {@code tokenizers} see them. Their tables are of several Unicode versions,
 * Java's are of the running JDK's; {@link UnicodeDifferences} lists where they differ.
 */
public final class CodePoints {
    private static final int PUNCTUATION = 1 << Character.CONNECTOR_PUNCTUATION | 1 << Character.DASH_PUNCTUATION
            | 1 << Character.START_PUNCTUATION | 1 << Character.END_PUNCTUATION | 1 << Character.INITIAL_QUOTE_PUNCTUATION
            | 1 << Character.FINAL_QUOTE_PUNCTUATION | 1 << Character.OTHER_PUNCTUATION;
    private static final int CONTROL = 1 << Character.CONTROL | 1 << Character.FORMAT | 1 << Character.PRIVATE_USE;
    private static final int NUMBER = 1 << Character.DECIMAL_DIGIT_NUMBER | 1 << Character.LETTER_NUMBER | 1 << Character.OTHER_NUMBER;
    private static final int LETTER = 1 << Character.UPPERCASE_LETTER | 1 << Character.LOWERCASE_LETTER | 1 << Character.TITLECASE_LETTER
            | 1 << Character.MODIFIER_LETTER | 1 << Character.OTHER_LETTER;
    private static final int MARK = 1 << Character.NON_SPACING_MARK | 1 << Character.ENCLOSING_MARK
            | 1 << Character.COMBINING_SPACING_MARK;

    private CodePoints() {}

    private static boolean is(int c, int types) { return (types >> Character.getType(c) & 1) != 0; }

    /** Returns whether a character is white space by Unicode's property. */
    public static boolean isWhiteSpace(int c) {
        if (c < 0x80) return c == ' ' || c >= '\t' && c <= '\r';
        return c == 0x85 || Character.isSpaceChar(c);
    }

    /** Returns whether a character is a letter, category L. */
    public static boolean isLetter(int c) {
        return is(c, LETTER);
    }

    /** Returns whether a character is a number, category N. */
    public static boolean isNumber(int c) {
        return is(c, NUMBER);
    }

    /** Returns whether a character is a number for Rust's {@code char::is_numeric}. */
    public static boolean isNumeric(int c) {
        return is(c, NUMBER) || UnicodeDifferences.NUMERIC.contains(c);
    }

    /** Returns the lower case of a character; that of U+0130 has two, of which this is the first. */
    public static int lowerCase(int c) {
        int lower = Character.toLowerCase(c);
        return lower == c && c > 0xA000 ? UnicodeDifferences.lowerCase(c) : lower;
    }

    /** Returns whether a character may be in a word: {@code \w} of Unicode's technical standard 18. */
    public static boolean isWord(int c) {
        if (c < 0x80) return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
        return Character.isAlphabetic(c) || is(c, MARK | 1 << Character.DECIMAL_DIGIT_NUMBER | 1 << Character.CONNECTOR_PUNCTUATION)
                || c == 0x200C || c == 0x200D;
    }

    /** Returns whether a character is punctuation for BERT: all printable ASCII but letters, digits and space, and category P. */
    public static boolean isPunctuation(int c) {
        if (c < 0x80) return c > ' ' && c < 0x7F && !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9');
        return is(c, PUNCTUATION) ? !UnicodeDifferences.NO_PUNCTUATION.contains(c) : UnicodeDifferences.PUNCTUATION.contains(c);
    }

    /** Returns whether a character is a control, format or private one. */
    public static boolean isControl(int c) {
        return is(c, CONTROL) && !UnicodeDifferences.NO_CONTROL.contains(c);
    }

    /** Returns whether a character is a mark without width, category Mn. */
    public static boolean isNonSpacingMark(int c) {
        return Character.getType(c) == Character.NON_SPACING_MARK ? !UnicodeDifferences.NO_NON_SPACING_MARK.contains(c)
                : UnicodeDifferences.NON_SPACING_MARK.contains(c);
    }

    /** Returns whether a character is a mark, category M. */
    public static boolean isMark(int c) {
        return is(c, MARK) ? !UnicodeDifferences.NO_MARK.contains(c) : UnicodeDifferences.MARK.contains(c);
    }

    /** Returns whether a character is in one of the blocks of CJK ideographs that BERT names. Kana and hangul are not. */
    public static boolean isChinese(int c) {
        if (c < 0x3400) return false;
        return c >= 0x4E00 && c <= 0x9FFF || c <= 0x4DBF || c >= 0xF900 && c <= 0xFAFF || c >= 0x20000 && c <= 0x2A6DF
                || c >= 0x2A700 && c <= 0x2B81F || c >= 0x2B920 && c <= 0x2CEAF || c >= 0x2F800 && c <= 0x2FA1F;
    }

    /**
     * Returns a character's script as SentencePiece sees it, which takes kana for Han; null for a space and a character without a script,
     * which belong to any.
     */
    public static @Nullable UnicodeScript script(int c) {
        if (c == 0x30FC) return UnicodeScript.HAN;
        if (c == ' ' || UnicodeDifferences.ANY_SCRIPT.contains(c)) return null;
        if (c == 0x589 || c == 0x61C) return UnicodeScript.COMMON;
        UnicodeScript script = c == 0x953 || c == 0x954 ? UnicodeScript.DEVANAGARI : UnicodeScript.of(c);
        return switch (script) {
            case HIRAGANA, KATAKANA -> UnicodeScript.HAN;
            case UNKNOWN -> null;
            default -> script;
        };
    }
}
