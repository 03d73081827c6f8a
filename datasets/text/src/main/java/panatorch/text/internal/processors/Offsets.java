package panatorch.text.internal.processors;

import panatorch.text.internal.ByteAlphabet;
import panatorch.text.internal.CodePoints;
import panatorch.text.internal.Row;

/** Leaves spaces out of the places of byte-level tokens. */
final class Offsets {
    private Offsets() {}

    /**
     * Leaves spaces out of the places of a row's tokens and of those cut off.
     *
     * @param prefixSpace whether a space was put before the text, which its first token's place does not have
     */
    static void trim(Row row, boolean prefixSpace) {
        for (int i = 0; i < row.length; i++) {
            String token = row.tokens[i];
            int leading = leading(token);
            int trailing = trailing(token);
            if (leading > 0) {
                if (prefixSpace && leading == 1 && (i == 0 || row.starts[i] == 0)) leading = 0;
                row.starts[i] = Math.min(row.starts[i] + leading, row.ends[i]);
            }
            if (trailing > 0 && row.ends[i] >= trailing) row.ends[i] = Math.max(row.ends[i] - trailing, row.starts[i]);
        }
        for (Row cut : row.overflowing) trim(cut, prefixSpace);
    }

    private static boolean isSpace(int c) { return c == ByteAlphabet.SPACE || CodePoints.isWhiteSpace(c); }

    private static int leading(String token) {
        int n = 0;
        while (n < token.length() && isSpace(token.charAt(n))) n++;
        return n;
    }

    private static int trailing(String token) {
        int n = 0;
        while (n < token.length() && isSpace(token.charAt(token.length() - 1 - n))) n++;
        return n;
    }
}
