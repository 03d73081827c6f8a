package panatorch.apps.console;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Standard output that knows whether its reader has left, as {@code head} does. {@link System#out} only knows that something failed. */
public final class StandardOutput extends OutputStream {
    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private volatile boolean left;

    public PrintWriter writer() { return new PrintWriter(new BufferedWriter(new OutputStreamWriter(this, System.out.charset()))); }

    /** Returns whether a write failed because the reader of the pipe has left. */
    public boolean readerLeft() { return left; }

    @Override public void write(int b) throws IOException { write(new byte[] {(byte) b}, 0, 1); }

    @Override public void write(byte[] bytes, int from, int length) throws IOException {
        try {
            out.write(bytes, from, length);
        } catch (IOException e) {
            left = isPipe(e);
            throw e;
        }
    }

    /**
     * Returns whether the error means that the reader has left. The message may be translated; but writing to a pipe fails for no other
     * reason.
     */
    private static boolean isPipe(IOException e) {
        if (String.valueOf(e.getMessage()).contains("Broken pipe")) return true;
        try {
            return Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString().matches("(pipe|socket):.*");
        } catch (IOException | InvalidPathException | UnsupportedOperationException unknown) {
            return false;
        }
    }
}
