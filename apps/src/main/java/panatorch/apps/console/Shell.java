package panatorch.apps.console;

import java.nio.file.Path;

/** Commands that people copy. */
public final class Shell {
    private Shell() {}

    /** The path as a shell reads it as one word. */
    public static String word(Path path) {
        String text = path.toString();
        if (!Printable.line(text).equals(text)) return "$'" + Printable.line(text.replace("\\", "\\\\").replace("'", "\\'")) + "'"; // bash reads the escapes
        return text.matches("[\\w@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
