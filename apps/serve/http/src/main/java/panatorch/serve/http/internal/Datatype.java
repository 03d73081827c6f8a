package panatorch.serve.http.internal;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * The tensor types of the Open Inference Protocol, each with its elements as the binary tensor data extension sends them: little-endian,
 * last dimension fastest. The protocol's {@code BYTES} is not among them, as tensors have no strings.
 */
public enum Datatype {
    BOOL(DType.BOOL), UINT8(DType.UINT8), UINT16(DType.UINT16), UINT32(DType.UINT32), UINT64(DType.UINT64), INT8(DType.INT8),
    INT16(DType.INT16), INT32(DType.INT32), INT64(DType.INT64), FP16(DType.FLOAT16), BF16(DType.BFLOAT16), FP32(DType.FLOAT32),
    FP64(DType.FLOAT64);

    private static final List<Datatype> ALL = List.of(values());

    /** The type of the tensors. */
    public final DType dtype;

    Datatype(DType dtype) { this.dtype = dtype; }

    /**
     * Returns the type with a name of the protocol.
     *
     * @throws HttpError if there is none
     */
    public static Datatype of(String name) {
        return ALL.stream().filter(t -> t.name().equals(name)).findFirst()
                .orElseThrow(() -> new HttpError(HttpError.BAD_REQUEST, "there is no datatype '" + name + "'; there are " + ALL));
    }

    /**
     * Returns the type that sends tensors of a dtype.
     *
     * @throws HttpError if the protocol has none
     */
    public static Datatype of(DType dtype) {
        return ALL.stream().filter(t -> t.dtype == dtype).findFirst()
                .orElseThrow(
                        () -> new HttpError(HttpError.NOT_IMPLEMENTED, "the protocol has no datatype for " + dtype + "; it has " + ALL));
    }

    /** Returns the protocol's name for a dtype, or the dtype's own name if the protocol has none. */
    public static String name(DType dtype) {
        return ALL.stream().filter(t -> t.dtype == dtype).findFirst().map(Datatype::name).orElse(dtype.name());
    }

    /** Returns the type as which JSON's numbers become a tensor before it gets this type. */
    public Datatype readFrom() {
        return this == FP16 || this == BF16 ? FP32 : this;
    }

    /**
     * Returns a tensor with a copy of the elements.
     *
     * @param bytes exactly the elements of {@code shape}
     * @throws HttpError if there are more or fewer bytes, a size is negative, or a byte of {@link #BOOL} is neither 0 nor 1
     */
    public Tensor read(MemorySegment bytes, long... shape) {
        long elements = elements(shape);
        if (bytes.byteSize() % dtype.bytes() != 0 || bytes.byteSize() / dtype.bytes() != elements)
            throw HttpError.badRequest(bytes.byteSize() + " bytes of data are no " + this + Arrays.toString(shape) + ", which has "
                    + elements + " elements of " + dtype.bytes());
        if (this == BOOL) requireBooleans(bytes); // libtorch's results are undefined for others
        return Torch.copyOf(bytes, dtype, shape);
    }

    /** Returns the elements of a contiguous tensor on the CPU. */
    public static byte[] write(Tensor tensor) {
        byte[] bytes = new byte[Math.toIntExact(size(tensor))];
        write(tensor, MemorySegment.ofArray(bytes));
        return bytes;
    }

    /** Copies the elements of a contiguous tensor on the CPU to memory of their size. */
    public static void write(Tensor tensor, MemorySegment to) {
        if (tensor.numel() == 0) return;
        try (var arena = Arena.ofConfined()) {
            to.copyFrom(tensor.data(arena));
        }
    }

    /** Returns the number of bytes of a tensor's elements. */
    public static long size(Tensor tensor) {
        return tensor.numel() * tensor.dtype().bytes();
    }

    /**
     * Returns the number of elements of a shape.
     *
     * @throws HttpError if a size is negative or there are too many
     */
    public static long elements(long... shape) {
        long elements = 1;
        for (long size : shape) if (size < 0) throw HttpError.badRequest("the shape " + Arrays.toString(shape) + " has a negative size");
        if (Arrays.stream(shape).anyMatch(size -> size == 0)) return 0;
        try {
            for (long size : shape) elements = Math.multiplyExact(elements, size);
        } catch (ArithmeticException _) {
            throw HttpError.badRequest("the shape " + Arrays.toString(shape) + " has more elements than memory can hold");
        }
        return elements;
    }

    private static void requireBooleans(MemorySegment bytes) {
        for (long i = 0; i < bytes.byteSize(); i++) {
            byte b = bytes.get(ValueLayout.JAVA_BYTE, i);
            if (b != 0 && b != 1)
                throw HttpError.badRequest("byte " + i + " of BOOL data is " + Byte.toUnsignedInt(b) + ", but has to be 0 or 1");
        }
    }
}
