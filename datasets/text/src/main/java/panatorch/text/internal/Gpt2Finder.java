package panatorch.text.internal;

/**
 * Finds GPT-2's words as {@link #PATTERN} does, without running a regular expression. The parts that it finds are the whole text.
 */
public enum Gpt2Finder implements Finder {
    INSTANCE;

    /** The pattern in Oniguruma's language. */
    public static final String PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    private static final byte LETTER = 0, NUMBER = 1, OTHER = 2, SPACE = 3;
    private static final byte[] KINDS = new byte[0x80];

    static {
        for (int c = 0; c < KINDS.length; c++) KINDS[c] = find(c);
    }

    private static byte find(int c) {
        return CodePoints.isLetter(c) ? LETTER : CodePoints.isNumber(c) ? NUMBER : CodePoints.isWhiteSpace(c) ? SPACE : OTHER;
    }

    private static byte kind(int c) { return c < KINDS.length ? KINDS[c] : find(c); }

    @Override public Matches find(AlignedText text, int from, int to) {
        var matches = new Matches(from);
        char[] chars = text.chars();
        for (int at = from, end; at < to; at = end) {
            end = end(chars, at, to);
            matches.add(at, end);
        }
        return matches;
    }

    /** Returns the end of the word that begins at a char. */
    private static int end(char[] chars, int at, int to) {
        if (chars[at] == '\'') {
            int contraction = contraction(chars, at, to);
            if (contraction > 0) return at + contraction;
        }
        int word = chars[at] == ' ' && at + 1 < to ? at + 1 : at;
        int c = Character.codePointAt(chars, word, to);
        byte kind = kind(c);
        if (kind != SPACE) return run(chars, word + Character.charCount(c), to, kind);
        int end = run(chars, at + 1, to, SPACE); // white space is in the BMP
        return end < to && end - at > 1 ? end - 1 : end;
    }

    private static int run(char[] chars, int at, int to, byte kind) {
        for (int c; at < to; at += Character.charCount(c)) if (kind(c = Character.codePointAt(chars, at, to)) != kind) break;
        return at;
    }

    private static int contraction(char[] chars, int at, int to) {
        char first = at + 1 < to ? chars[at + 1] : 0, second = at + 2 < to ? chars[at + 2] : 0;
        return switch (first) {
            case 's', 't', 'm', 'd' -> 2;
            case 'r', 'v' -> second == 'e' ? 3 : 0;
            case 'l' -> second == 'l' ? 3 : 0;
            default -> 0;
        };
    }
}
