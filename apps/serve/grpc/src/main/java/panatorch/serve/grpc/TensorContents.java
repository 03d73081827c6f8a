package panatorch.serve.grpc;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import panatorch.Tensor;
import panatorch.serve.http.internal.Datatype;
import panatorch.serve.http.internal.HttpError;

/**
 * The elements of a tensor in the protocol's message {@code InferTensorContents}, which has a repeated field for each kind of numbers, for
 * example one of 32-bit integers for {@code INT8}, {@code INT16} and {@code INT32}.
 */
final class TensorContents {
    private static final int BOOLS = 1, INTS = 2, LONGS = 3, UINTS = 4, ULONGS = 5, FLOATS = 6, DOUBLES = 7, TEXTS = 8;
    private static final String[] NAMES = {"", "bool_contents", "int_contents", "int64_contents", "uint_contents", "uint64_contents",
        "fp32_contents", "fp64_contents", "bytes_contents"};
    /** The bytes of an element by the number of its field. */
    private static final int[] WIDTHS = {1, 1, 4, 8, 4, 8, 4, 8};

    private byte[] bytes = new byte[64];
    private int size, field;

    /** Adds the elements of a message. */
    void read(ProtoReader in) {
        while (in.next()) {
            switch (in.field()) {
                case BOOLS, INTS, LONGS, UINTS, ULONGS -> {
                    begin(in.field());
                    in.integers(this::add);
                }
                case FLOATS, DOUBLES -> {
                    begin(in.field());
                    in.reals(WIDTHS[field], this::add);
                }
                case TEXTS -> throw HttpError.badRequest("tensors of texts (bytes_contents) are not supported");
                default -> in.skip();
            }
        }
    }

    boolean isEmpty() { return size == 0; }

    private void begin(int next) {
        if (size > 0 && next != field)
            throw HttpError.badRequest("a tensor has both " + NAMES[field] + " and " + NAMES[next]);
        field = next;
    }

    private void add(long value) {
        int width = WIDTHS[field];
        room(width);
        var to = MemorySegment.ofArray(bytes);
        switch (width) {
            case 1 -> to.set(ValueLayout.JAVA_BYTE, size, (byte) (value != 0 ? 1 : 0));
            case 4 -> to.set(ValueLayout.JAVA_INT_UNALIGNED, size, (int) value);
            default -> to.set(ValueLayout.JAVA_LONG_UNALIGNED, size, value);
        }
        size += width;
    }

    private void add(MemorySegment elements) {
        int more = (int) elements.byteSize();
        room(more);
        MemorySegment.ofArray(bytes).asSlice(size, more).copyFrom(elements);
        size += more;
    }

    private void room(int more) {
        if (more > bytes.length - size)
            bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(size, more), (int) Math.min(2L * size, 1 << 30)));
    }

    /**
     * Returns the elements as a tensor of the current scope.
     *
     * @throws HttpError if they are of another type, more or fewer than the shape has, or not within the type's range
     */
    Tensor toTensor(Datatype type, long... shape) {
        int expected = field(type);
        if (expected == 0)
            throw HttpError.badRequest(type + " has no contents of its own; send its bytes in raw_input_contents");
        if (size > 0 && field != expected)
            throw HttpError.badRequest("the elements are in " + NAMES[field] + ", but those of " + type + " belong in " + NAMES[expected]);
        int count = size / WIDTHS[expected];
        if (count != Datatype.elements(shape))
            throw HttpError
                    .badRequest("the contents have " + count + " elements, but the shape is " + Arrays.toString(shape) + ", which has "
                            + Datatype.elements(shape));
        var all = MemorySegment.ofArray(bytes).asSlice(0, size);
        return type.read(type.dtype.bytes() == WIDTHS[expected] ? all : narrowed(all, type, count), shape);
    }

    private static MemorySegment narrowed(MemorySegment from, Datatype type, int count) {
        int width = type.dtype.bytes();
        boolean signed = field(type) == INTS;
        long max = (1L << 8 * width - (signed ? 1 : 0)) - 1, min = signed ? -max - 1 : 0;
        var to = MemorySegment.ofArray(new byte[count * width]);
        for (int i = 0; i < count; i++) {
            int element = from.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i);
            long value = signed ? element : Integer.toUnsignedLong(element);
            if (value < min || value > max)
                throw HttpError.badRequest("element " + i + " is " + value + ", but " + type + " is from " + min + " to " + max);
            if (width == 1) to.set(ValueLayout.JAVA_BYTE, i, (byte) value);
            else to.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, (short) value);
        }
        return to;
    }

    /** Returns the number of the field for elements of a type, or 0 if there is none. */
    static int field(Datatype type) {
        return switch (type) {
            case BOOL -> BOOLS;
            case INT8, INT16, INT32 -> INTS;
            case INT64 -> LONGS;
            case UINT8, UINT16, UINT32 -> UINTS;
            case UINT64 -> ULONGS;
            case FP32 -> FLOATS;
            case FP64 -> DOUBLES;
            case FP16, BF16 -> 0;
        };
    }

    /** Writes the elements of a contiguous tensor on the CPU, of a type that has a field. */
    static ProtoWriter write(Datatype type, Tensor tensor) {
        int size = Math.toIntExact(Datatype.size(tensor)), count = (int) tensor.numel();
        if (count == 0) return new ProtoWriter();
        if (type == Datatype.FP32 || type == Datatype.FP64) {
            var to = new ProtoWriter(size + 16);
            Datatype.write(tensor, to.bytes(field(type), size));
            return to;
        }
        var data = MemorySegment.ofArray(Datatype.write(tensor));
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = switch (type) {
                case BOOL, INT8 -> data.get(ValueLayout.JAVA_BYTE, i);
                case UINT8 -> Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, i));
                case INT16 -> data.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i);
                case UINT16 -> Short.toUnsignedInt(data.getAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i));
                case INT32 -> data.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i);
                case UINT32 -> Integer.toUnsignedLong(data.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, i));
                default -> data.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, i);
            };
        }
        return new ProtoWriter().integers(field(type), values);
    }
}
