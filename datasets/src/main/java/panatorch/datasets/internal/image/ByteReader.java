package panatorch.datasets.internal.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads numbers from a part of a file, and never beyond it. */
public final class ByteReader {
    private final ByteBuffer bytes;

    private ByteReader(ByteBuffer bytes) { this.bytes = bytes; }

    /** Returns a reader of a whole file. */
    public static ByteReader of(byte[] file, ByteOrder order) {
        return new ByteReader(ByteBuffer.wrap(file).order(order));
    }

    /** Returns a reader of the bytes from {@code from} to {@code to}, whose positions begin at 0. */
    public static ByteReader of(byte[] file, int from, int to, ByteOrder order) {
        return new ByteReader(ByteBuffer.wrap(file, from, to - from).slice().order(order));
    }

    public int position() { return bytes.position(); }

    public int remaining() { return bytes.remaining(); }

    public int length() { return bytes.limit(); }

    /** Moves to a position. */
    public ByteReader seek(long position) throws ImageFormatException {
        if (position < 0 || position > bytes.limit()) throw ImageFormatException.truncated();
        bytes.position((int) position);
        return this;
    }

    /** Moves ahead. */
    public ByteReader skip(long count) throws ImageFormatException { return seek(bytes.position() + count); }

    /** Reads one byte, from 0 to 255. */
    public int u8() throws ImageFormatException {
        if (!bytes.hasRemaining()) throw ImageFormatException.truncated();
        return bytes.get() & 0xFF;
    }

    /** Reads two bytes, from 0 to 65535. */
    public int u16() throws ImageFormatException {
        if (bytes.remaining() < 2) throw ImageFormatException.truncated();
        return bytes.getShort() & 0xFFFF;
    }

    /** Reads four bytes with their sign. */
    public int s32() throws ImageFormatException {
        if (bytes.remaining() < 4) throw ImageFormatException.truncated();
        return bytes.getInt();
    }

    /** Reads four bytes, from 0 to 2³² − 1. */
    public long u32() throws ImageFormatException { return Integer.toUnsignedLong(s32()); }

    /** Reads eight bytes. */
    public long s64() throws ImageFormatException {
        if (bytes.remaining() < 8) throw ImageFormatException.truncated();
        return bytes.getLong();
    }

    /** Reads bytes. */
    public byte[] bytes(long count) throws ImageFormatException {
        if (count < 0 || count > bytes.remaining()) throw ImageFormatException.truncated();
        var result = new byte[(int) count];
        bytes.get(result);
        return result;
    }

    /** Reads characters of one byte each. */
    public String text(int count) throws ImageFormatException {
        return new String(bytes(count), StandardCharsets.ISO_8859_1);
    }

    /** Returns whether a file has these characters at a position. */
    public static boolean matches(byte[] file, int at, String text) {
        if (at < 0 || file.length - at < text.length()) return false;
        for (int i = 0; i < text.length(); i++) if ((file[at + i] & 0xFF) != text.charAt(i)) return false;
        return true;
    }
}
