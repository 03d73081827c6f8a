package panatorch.train;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A protocol-buffer message, written field by field: each field is its number and kind, then its value
 * (<a href="https://protobuf.dev/programming-guides/encoding">encoding</a>).
 */
final class Message {
    private static final int VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** Adds a field of type int32, int64 or enum. */
    Message integer(int field, long value) { return key(field, VARINT).varint(value); }

    Message real(int field, double value) { return key(field, FIXED64).littleEndian(Double.doubleToRawLongBits(value), Double.BYTES); }

    Message real(int field, float value) { return key(field, FIXED32).littleEndian(Float.floatToRawIntBits(value), Float.BYTES); }

    Message reals(int field, double[] packed) {
        key(field, LENGTH).varint((long) packed.length * Double.BYTES);
        for (double value : packed) littleEndian(Double.doubleToRawLongBits(value), Double.BYTES);
        return this;
    }

    Message text(int field, String value) { return bytes(field, value.getBytes(StandardCharsets.UTF_8)); }

    Message message(int field, Message value) { return bytes(field, value.toByteArray()); }

    Message bytes(int field, byte[] value) {
        key(field, LENGTH).varint(value.length).out.writeBytes(value);
        return this;
    }

    byte[] toByteArray() { return out.toByteArray(); }

    private Message key(int field, int kind) { return varint((long) field << 3 | kind); }

    /** Appends a varint: seven bits a byte, the lowest first; the eighth bit is set in all bytes but the last. */
    private Message varint(long value) {
        long rest = value;
        for (; (rest & ~0x7FL) != 0; rest >>>= 7) out.write((int) (rest & 0x7F | 0x80));
        out.write((int) rest);
        return this;
    }

    private Message littleEndian(long bits, int bytes) {
        for (int i = 0; i < bytes; i++) out.write((int) (bits >>> 8 * i));
        return this;
    }
}
