package panatorch.apps.console;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/** The terminal behind standard error, where the progress bar is drawn. */
public final class Terminal {
    private Terminal() {}

    /**
     * Returns whether standard error is a terminal. The launching script knows; Java itself only tells whether all standard streams are
     * terminals.
     */
    public static boolean present() {
        String told = System.getProperty("panatorch.terminal");
        boolean terminal = told != null ? told.equals("true") : System.console() != null && System.console().isTerminal();
        return terminal && !"dumb".equals(System.getenv("TERM"));
    }

    public static boolean showsUnicode() {
        String encoding = System.getProperty("stderr.encoding", System.getProperty("native.encoding", "US-ASCII"));
        return Charset.isSupported(encoding) && Charset.forName(encoding).equals(StandardCharsets.UTF_8);
    }
}
