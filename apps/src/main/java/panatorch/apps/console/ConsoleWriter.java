package panatorch.apps.console;

import java.io.PrintWriter;
import java.io.Writer;

/**
 * A writer that passes on {@linkplain Printable#text printable text} only, whatever the names and messages in it hold. All output of
 * commands goes through it.
 */
public final class ConsoleWriter extends PrintWriter {
    public ConsoleWriter(Writer to) { super(to); }

    @Override public void write(int c) { write(Character.toString((char) c), 0, 1); }

    @Override public void write(char[] text, int from, int length) { write(new String(text, from, length), 0, length); }

    @Override public void write(String text, int from, int length) {
        String printable = Printable.text(text.substring(from, from + length));
        super.write(printable, 0, printable.length());
    }
}
