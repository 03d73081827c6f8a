package panatorch.text.internal.normalizers;

import panatorch.text.internal.AlignedText;
import panatorch.text.internal.CodePoints;
import panatorch.text.internal.Normalization;

/**
 * BERT's normalizer.
 *
 * @param cleanText whether to leave out control characters and make all white space spaces
 * @param handleChineseChars whether to put spaces around Chinese characters
 * @param stripAccents whether to leave out accents
 * @param lowercase whether to make letters lower-case
 */
record BertNormalizer(boolean cleanText, boolean handleChineseChars, boolean stripAccents, boolean lowercase) implements Normalizer {
    @Override public void normalize(AlignedText text) {
        if (cleanText) clean(text);
        boolean ascii = text.isAscii();
        if (handleChineseChars && !ascii) separateChinese(text);
        if (stripAccents && !ascii) {
            Normalization.apply(text, Normalization.Form.NFD);
            CharacterNormalizers.filter(text, c -> c < 0x300 || !CodePoints.isNonSpacingMark(c));
        }
        if (lowercase) CharacterNormalizers.lowercase(text);
    }

    private static void clean(AlignedText text) {
        char[] chars = text.chars();
        int i = 0, n = text.length();
        while (i < n && chars[i] >= ' ' && chars[i] < 0x7F) i++;
        if (i == n) return;
        CharacterNormalizers.filter(text, BertNormalizer::isKept);
        CharacterNormalizers.map(text, c -> CodePoints.isWhiteSpace(c) ? ' ' : c);
    }

    private static boolean isKept(int c) {
        if (c < 0x7F) return c >= ' ' || c == '\t' || c == '\n' || c == '\r';
        return c != 0xFFFD && !CodePoints.isControl(c);
    }

    private static void separateChinese(AlignedText text) {
        int n = text.length();
        boolean any = false;
        for (int at = 0, c; at < n && !any; at += Character.charCount(c)) any = CodePoints.isChinese(c = text.codePointAt(at));
        if (!any) return;
        var out = text.rewrite();
        for (int at = 0, c; at < n; at += Character.charCount(c)) {
            c = text.codePointAt(at);
            if (CodePoints.isChinese(c)) {
                out.put(' ', 0);
                out.put(c, 1);
                out.put(' ', 1);
            } else out.put(c, 0);
        }
        out.finish();
    }
}
