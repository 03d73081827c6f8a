package panatorch.datasets;

import java.io.EOFException;
import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * An image stream over the bytes of a file. The reader of WebP goes on behind the end of a lossless picture, once every few pixels, so the
 * end must cost little: it is one exception without a stack trace. A picture of one colour and 16 million pixels took 2.8 s instead of 46.
 */
final class ByteArrayImageInput extends ImageInputStreamImpl {
    private static final EOFException END = new End();

    private final byte[] bytes;

    ByteArrayImageInput(byte[] bytes) { this.bytes = bytes; }

    @Override public int read() {
        bitOffset = 0;
        return streamPos < bytes.length ? bytes[(int) streamPos++] & 0xFF : -1;
    }

    @Override public int read(byte[] to, int offset, int length) {
        bitOffset = 0;
        if (length == 0) return 0;
        int n = (int) Math.min(length, bytes.length - streamPos);
        if (n <= 0) return -1;
        System.arraycopy(bytes, (int) streamPos, to, offset, n);
        streamPos += n;
        return n;
    }

    @Override public byte readByte() throws IOException {
        int b = read();
        if (b < 0) throw END;
        return (byte) b;
    }

    @Override public long length() { return bytes.length; }

    private static final class End extends EOFException {
        private static final long serialVersionUID = 1;

        End() { super("the file ends too early"); }

        @Override public synchronized Throwable fillInStackTrace() { return this; }
    }
}
