package panatorch.apps;

import java.nio.file.Path;

/** Commands that people copy. */
final class Shell {
    private Shell() {}

    /** The path as a shell reads it as one word. */
    static String word(Path path) {
        String text = path.toString();
        return text.matches("[\\w@%+=:,./-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
    }
}
