package panatorch.serve.grpc;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import panatorch.serve.http.internal.HttpError;

/**
 * Reads a protocol-buffer message field by field (<a href="https://protobuf.dev/programming-guides/encoding">encoding</a>), without a copy
 * of its bytes. What is no message is refused by an {@link HttpError}.
 */
final class ProtoReader {
    private static final int VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5;
    private static final int MAX_FIELD = (1 << 29) - 1;

    private final byte[] bytes;
    private final int end;
    private int at, field, kind;

    ProtoReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    private ProtoReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    /** Goes to the next field, whose value has to be read or skipped then. Returns false if there is none. */
    boolean next() {
        if (at == end) return false;
        long key = varint();
        kind = (int) (key & 7);
        if (key >>> 3 == 0 || key >>> 3 > MAX_FIELD) throw malformed("field " + (key >>> 3));
        field = (int) (key >>> 3);
        return true;
    }

    /** Returns the field's number. */
    int field() {
        return field;
    }

    /** Reads a value of an integer type that is not zigzag, a truth value, or one of an enum. */
    long integer() {
        require(VARINT);
        return varint();
    }

    String text() {
        require(LENGTH);
        int length = length();
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, take(length), length)).toString();
        } catch (CharacterCodingException _) {
            throw malformed("a text of field " + field + " that is not UTF-8");
        }
    }

    MemorySegment bytes() {
        require(LENGTH);
        int length = length();
        return MemorySegment.ofArray(bytes).asSlice(take(length), length);
    }

    ProtoReader message() {
        require(LENGTH);
        int length = length();
        int from = take(length);
        return new ProtoReader(bytes, from, from + length);
    }

    /** Reads one value of a repeated field of integers or truth values, or many that are packed. */
    void integers(LongConsumer each) {
        if (kind == VARINT) {
            each.accept(varint());
            return;
        }
        ProtoReader packed = message();
        while (packed.at < packed.end) each.accept(packed.varint());
    }

    /** Reads one value of a repeated field of type float or double, or many that are packed, as their bytes. */
    void reals(int width, Consumer<MemorySegment> some) {
        if (kind == LENGTH) {
            MemorySegment packed = bytes();
            if (packed.byteSize() % width != 0) throw malformed(packed.byteSize() + " bytes in field " + field);
            some.accept(packed);
            return;
        }
        require(width == Float.BYTES ? FIXED32 : FIXED64);
        some.accept(MemorySegment.ofArray(bytes).asSlice(take(width), width));
    }

    void skip() {
        switch (kind) {
            case VARINT -> varint();
            case FIXED64 -> take(Long.BYTES);
            case LENGTH -> take(length());
            case FIXED32 -> take(Integer.BYTES);
            default -> throw malformed("field " + field + " of kind " + kind);
        }
    }

    private void require(int expected) {
        if (kind != expected) throw malformed("field " + field + " of kind " + kind + " in place of " + expected);
    }

    private int length() {
        long length = varint();
        if (length < 0 || length > end - at) throw malformed("field " + field + ", which is longer than the rest");
        return (int) length;
    }

    private int take(int length) {
        if (length > end - at) throw malformed("field " + field + ", which ends early");
        int from = at;
        at += length;
        return from;
    }

    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = bytes[take(1)];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) return value;
        }
        throw malformed("an integer of more than ten bytes");
    }

    private static HttpError malformed(String what) {
        return HttpError.badRequest("the message is no protocol buffer of its type: it has " + what);
    }
}
