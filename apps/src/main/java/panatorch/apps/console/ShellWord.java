package panatorch.apps.console;

import java.nio.file.Path;

/** Quotes paths in commands that users copy. */
public final class ShellWord {
    private ShellWord() {}

    /** Returns the path as one word of a POSIX shell, or of bash if it has control characters. */
    public static String of(Path path) {
        String text = path.toString();
        // bash reads the escapes
        if (!Printable.line(text).equals(text)) return "$'" + Printable.line(text.replace("\\", "\\\\").replace("'", "\\'")) + "'";
        return text.matches("[\\w@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
