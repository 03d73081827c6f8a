package panatorch.apps.console;

/**
 * Escapes control characters. Tensors, folders and files may have any names, and a name with an escape sequence could clear the screen, set
 * the window's title or hide a line. Each such character becomes its escape, {@code \}{@code u001b}, which JSON reads as the character
 * itself.
 */
public final class Printable {
    private Printable() {}

    /** Escapes all control characters except line ends and tabs. */
    public static String text(String text) {
        return replaced(text, "\n\t" + System.lineSeparator());
    }

    /** Escapes all control characters, line ends included, in text that is part of a line: a name could otherwise forge the next line. */
    public static String line(String text) {
        return replaced(text, "");
    }

    /**
     * Replaces the middle of a text by an ellipsis if it is longer than {@code most} characters. The ends stay, because similar names
     * differ there.
     */
    public static String shortened(String text, int most) {
        int[] letters = text.codePoints().toArray();
        if (letters.length <= most) return text;
        int end = (most - 1) / 2, begin = Math.max(0, most - 1 - end);
        return new String(letters, 0, begin) + "…" + new String(letters, letters.length - end, end);
    }

    /** Escapes control characters and HTML's markup. */
    public static String html(String text) {
        return text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    private static String replaced(String text, String allowed) {
        StringBuilder replaced = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean commands = commands(c) && allowed.indexOf(c) < 0;
            if (commands && replaced == null) replaced = new StringBuilder(text.length() + 16).append(text, 0, i);
            if (replaced != null) replaced.append(commands ? escape(c) : Character.toString(c));
        }
        return replaced == null ? text : replaced.toString();
    }

    /**
     * Returns whether a character is a control character, breaks lines, or changes the direction of writing, which can make a name read as
     * another.
     */
    private static boolean commands(char c) {
        return Character.isISOControl(c) || c == '\u2028' || c == '\u2029' || c >= '\u202A' && c <= '\u202E'
                || c >= '\u2066' && c <= '\u2069';
    }

    private static String escape(char c) {
        return switch (c) {
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            default -> "\\u" + Integer.toHexString(0x10000 | c).substring(1);
        };
    }
}
