package panatorch.apps.console;

import java.nio.file.Path;

/** Commands that people copy. */
public final class ShellWord {
    private ShellWord() {}

    /** The path as a shell reads it as one word. */
    public static String of(Path path) {
        String text = path.toString();
        if (!Printable.line(text).equals(text)) return "$'" + Printable.line(text.replace("\\", "\\\\").replace("'", "\\'")) + "'"; // bash reads the escapes
        return text.matches("[\\w@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
