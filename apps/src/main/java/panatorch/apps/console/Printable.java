package panatorch.apps.console;

/**
 * Text in which nothing commands a terminal. Tensors, folders and files may have any names, and a name with an escape sequence could clear the screen,
 * retitle the window or hide a line. Each such character becomes its escape, {@code \}{@code u001b}, which JSON reads as the character itself.
 */
public final class Printable {
    private Printable() {}

    /** Neutralises all but the ends of lines and tabs. */
    public static String text(String text) { return replaced(text, "\n\t" + System.lineSeparator()); }

    /** Neutralises the ends of lines, too, for what is a part of a line: a name could else forge the next one. */
    public static String line(String text) { return replaced(text, ""); }

    /** Leaves out the middle of what is longer than {@code most} letters: names of a kind differ at either end. */
    public static String shortened(String text, int most) {
        int[] letters = text.codePoints().toArray();
        if (letters.length <= most) return text;
        int end = (most - 1) / 2, begin = Math.max(0, most - 1 - end);
        return new String(letters, 0, begin) + "…" + new String(letters, letters.length - end, end);
    }

    /** Neutralises what commands a terminal, and what HTML reads as markup. */
    public static String html(String text) { return text(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;"); }

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

    /** Controls of both sets, and what breaks lines or turns the direction of writing, which can make a name read as another one. */
    private static boolean commands(char c) {
        return Character.isISOControl(c) || c == '\u2028' || c == '\u2029' || c >= '\u202A' && c <= '\u202E' || c >= '\u2066' && c <= '\u2069';
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
