package panatorch.serve.grpc;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a protocol-buffer message field by field (<a href="https://protobuf.dev/programming-guides/encoding">encoding</a>). Texts, truth
 * values and lists that are the default are left out, as the encoding wants it.
 */
final class ProtoWriter {
    private static final int VARINT = 0, LENGTH = 2, MAX_VARINT = 10;

    private byte[] bytes;
    private int size;

    ProtoWriter() {
        this(64);
    }

    /** @param capacity bytes to make room for at once */
    ProtoWriter(int capacity) {
        bytes = new byte[capacity];
    }

    ProtoWriter truth(int field, boolean value) {
        return value ? key(field, VARINT).varint(1) : this;
    }

    ProtoWriter text(int field, String value) {
        return value.isEmpty() ? this : element(field, value);
    }

    /** Adds an element of a repeated field of texts. */
    ProtoWriter element(int field, String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        bytes(field, utf8.length).copyFrom(MemorySegment.ofArray(utf8));
        return this;
    }

    ProtoWriter integers(int field, long... packed) {
        if (packed.length == 0) return this;
        var values = new ProtoWriter(packed.length * 2);
        for (long value : packed) values.varint(value);
        return message(field, values);
    }

    ProtoWriter message(int field, ProtoWriter value) {
        bytes(field, value.size).copyFrom(MemorySegment.ofArray(value.bytes).asSlice(0, value.size));
        return this;
    }

    /** Adds bytes, which the caller writes to the result before it adds anything else. */
    MemorySegment bytes(int field, int length) {
        key(field, LENGTH).varint(length);
        room(length);
        size += length;
        return MemorySegment.ofArray(bytes).asSlice(size - length, length);
    }

    InputStream toStream() {
        return new ByteArrayInputStream(bytes, 0, size);
    }

    private ProtoWriter key(int field, int kind) {
        return varint((long) field << 3 | kind);
    }

    /** Appends a varint: seven bits a byte, the lowest first; the eighth bit is set in all bytes but the last. */
    private ProtoWriter varint(long value) {
        room(MAX_VARINT);
        long rest = value;
        for (; (rest & ~0x7FL) != 0; rest >>>= 7) bytes[size++] = (byte) (rest | 0x80);
        bytes[size++] = (byte) rest;
        return this;
    }

    private void room(int more) {
        if (more > bytes.length - size)
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), (int) Math.min(2L * size, 1 << 30)));
    }
}
