package panatorch.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads the answers of a connection of HTTP/1.1, each with a length, one after the other. It makes no objects for a head, so that what
 * sends load takes little of the processors that the server needs. For one thread.
 */
public final class HttpReader {
    private static final byte[] LENGTH = "content-length:".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    private static final byte[] CLOSE = "connection: close".getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);

    private final InputStream in;
    private byte[] buffer = new byte[1 << 14];
    private int from, to;
    private int status, length;
    private boolean closes;

    public HttpReader(InputStream in) { this.in = in; }

    /** Returns the status of the answer. */
    public int status() {
        return status;
    }

    /** Returns whether the server closes the connection after the answer. */
    public boolean closes() {
        return closes;
    }

    /**
     * Reads the head of the next answer, whose body is then {@linkplain #body read} or {@linkplain #skipBody skipped}.
     *
     * @throws IOException if it is no answer with a length
     * @throws EOFException if the connection ends
     */
    public void readHead() throws IOException {
        status = -1;
        length = -1;
        closes = false;
        int line = 0; // places from here on count from the head's first byte, which may move
        for (int i = 0;; i++) {
            if (from + i == to) fill();
            if (buffer[from + i] != '\n') continue;
            int end = i > 0 && buffer[from + i - 1] == '\r' ? i - 1 : i;
            if (end == line) {
                from += i + 1;
                break;
            }
            if (status < 0) status = number(line + "HTTP/1.1 ".length(), line + "HTTP/1.1 200".length());
            else if (begins(line, LENGTH)) length = number(line + LENGTH.length, end);
            else if (begins(line, CLOSE)) closes = true;
            line = i + 1;
        }
        if (status < 0 || length < 0) throw new IOException("an answer of status " + status + " has no Content-Length");
    }

    /** Reads the body of the answer. */
    public byte[] body() throws IOException {
        byte[] body = new byte[length];
        int there = Math.min(length, to - from);
        System.arraycopy(buffer, from, body, 0, there);
        from += there;
        if (in.readNBytes(body, there, length - there) < length - there) throw ended();
        return body;
    }

    /** Skips the body of the answer. */
    public void skipBody() throws IOException {
        int there = Math.min(length, to - from);
        from += there;
        in.skipNBytes(length - there);
    }

    private void fill() throws IOException {
        if (from > 0 && (from == to || to == buffer.length)) {
            System.arraycopy(buffer, from, buffer, 0, to - from);
            to -= from;
            from = 0;
        }
        if (to == buffer.length) buffer = Arrays.copyOf(buffer, 2 * to);
        int n = in.read(buffer, to, buffer.length - to);
        if (n < 0) throw ended();
        to += n;
    }

    private static EOFException ended() { return new EOFException("the server has closed the connection"); }

    private boolean begins(int line, byte[] name) {
        for (int i = 0; i < name.length; i++) {
            byte b = buffer[from + line + i];
            if ((b >= 'A' && b <= 'Z' ? b + 32 : b) != name[i]) return false; // a shorter line ends at its \r or \n
        }
        return true;
    }

    private int number(int start, int end) {
        int n = 0;
        for (int i = start; i < end; i++) {
            byte b = buffer[from + i];
            if (b >= '0' && b <= '9') n = 10 * n + b - '0';
        }
        return n;
    }
}
