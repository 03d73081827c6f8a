package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Bytes of a file that several tensors may view. */
final class Storage {
    private static final int MOST_DIMENSIONS = 64; // the most that libtorch's loops over several tensors take

    private final FileBytes file;
    private final MemorySegment place;
    private final Map<DType, Tensor> all; // the whole file part uint8 [N] that contains this storage, and its views as other types
    private final long begin;
    private final int width; // of the only elements that the bytes are in order for; 0 for any

    private Storage(FileBytes file, MemorySegment place, Map<DType, Tensor> all, long begin, int width) {
        this.file = file;
        this.place = place;
        this.all = all;
        this.begin = begin;
        this.width = width;
    }

    private Storage(FileBytes file, MemorySegment place, Tensor bytes) {
        this(file, place, new EnumMap<>(Map.of(DType.UINT8, bytes)), 0, 0);
    }

    /**
     * Creates a storage over the mapping itself if it is aligned for elements of {@code alignment} bytes, otherwise over a copy. Belongs to
     * the current scope, which the tensors may outlive.
     */
    static Storage of(FileBytes file, MemorySegment place, int alignment) throws IOException {
        if (!file.isMapped()) return copied(file, place, null);
        if (place.address() % Math.min(8, alignment) == 0)
            return new Storage(file, place, Torch.fromBlob(place, DType.UINT8, place.byteSize()));
        return copyOf(file, place);
    }

    /**
     * Creates a storage from bytes of a copied file, which are read into memory of their own.
     *
     * @param crc takes in the bytes, or null
     */
    static Storage copied(FileBytes file, MemorySegment place, @Nullable CRC32 crc) throws IOException {
        return new Storage(file, place, file.copyOf(place, crc));
    }

    /** Creates a storage from a copy of bytes on the Java heap. */
    static Storage copyOf(FileBytes file, MemorySegment place) {
        return new Storage(file, place, Torch.copyOf(place, DType.UINT8, place.byteSize()));
    }

    /** Returns a part of this storage, which shares its bytes. */
    Storage part(long from, long length) {
        return new Storage(file, place.asSlice(from, length), all, begin + from, width);
    }

    /**
     * Returns a part of this storage. It shares the bytes if they are aligned for elements of {@code alignment} bytes, otherwise it is a
     * copy.
     */
    Storage part(long from, long length, int alignment) throws IOException {
        MemorySegment part = place.asSlice(from, length);
        boolean aligned = (begin + from) % alignment == 0 && part.address() % Math.min(8, alignment) == 0;
        return aligned ? part(from, length) : of(file, part, alignment);
    }

    /** Returns a copy of this storage of big-endian elements in which they are little-endian. */
    Storage reversed(DType dtype) {
        int width = dtype.isComplex() ? dtype.bytes() / 2 : dtype.bytes();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor bytes = Objects.requireNonNull(all.get(DType.UINT8)).narrow(0, begin, place.byteSize() / width * width);
            return new Storage(file, place, new EnumMap<>(Map.of(DType.UINT8, scope.move(bytes.view(-1, width).flip(1).view(-1)))), 0,
                    width);
        }
    }

    MemorySegment place() { return place; }

    /** Creates a tensor over this storage, which is not a view in autograd's sense. Offset and strides count elements. */
    Tensor tensor(String name, DType dtype, long offset, long[] shape, long[] strides) throws MalformedFileException {
        check(name, dtype, offset, shape, strides);
        Tensor elements = elements(dtype);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            return scope.move(Torch.empty(dtype, Device.CPU, 0).set_(elements, begin / dtype.bytes() + offset, shape, strides));
        }
    }

    private Tensor elements(DType dtype) {
        Tensor known = all.get(dtype);
        if (known != null) return known;
        Tensor bytes = Objects.requireNonNull(all.get(DType.UINT8)); // every storage begins with it
        try (var scope = Scope.open()) {
            Tensor elements = scope.move(bytes.narrow(0, 0, bytes.numel() / dtype.bytes() * dtype.bytes()).view(dtype));
            all.put(dtype, elements);
            return elements;
        }
    }

    /** Creates a contiguous tensor at the beginning of the storage. */
    Tensor tensor(String name, DType dtype, long[] shape) throws MalformedFileException {
        return tensor(name, dtype, 0, shape, contiguous(shape));
    }

    /** Returns the strides of a contiguous tensor. */
    static long[] contiguous(long[] shape) {
        var strides = new long[shape.length];
        long stride = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            strides[d] = stride;
            stride *= Math.max(1, shape[d]);
        }
        return strides;
    }

    /** Returns the number of elements. Refuses shapes whose numbers libtorch could not hold. */
    static long elements(FileBytes file, String name, long[] shape) throws MalformedFileException {
        if (shape.length > MOST_DIMENSIONS) throw file.malformed(name + " has " + shape.length + " dimensions");
        long all = 1, some = 1; // zeros left out: strides have to fit even if the tensor is empty
        try {
            for (long s : shape) {
                if (s < 0) throw file.malformed(name + " has the impossible shape " + Arrays.toString(shape));
                all *= s;
                some = Math.multiplyExact(some, Math.max(1, s));
            }
        } catch (ArithmeticException overflow) {
            throw file.malformed(name + " has the impossible shape " + Arrays.toString(shape));
        }
        return all;
    }

    private void check(String name, DType dtype, long offset, long[] shape, long[] strides) throws MalformedFileException {
        long there = place.byteSize() / dtype.bytes();
        if (width != 0 && dtype.bytes() / (dtype.isComplex() ? 2 : 1) != width)
            throw file
                    .malformed(name + " is " + dtype + " in a big-endian storage without a type; save it again on a little-endian machine");
        if (begin % dtype.bytes() != 0) throw file.malformed(name + " begins within an element");
        if (shape.length != strides.length)
            throw file.malformed(name + " has " + shape.length + " sizes and " + strides.length + " strides");
        long n = elements(file, name, shape);
        if (offset < 0 || offset > there)
            throw file.malformed(name + " begins at element " + offset + ", but its storage has only " + there);
        try {
            long last = offset;
            for (int d = 0; d < shape.length; d++) {
                if (strides[d] < 0) throw file.malformed(name + " has the impossible strides " + Arrays.toString(strides));
                if (n > 0) last = Math.addExact(last, Math.multiplyExact(shape[d] - 1, strides[d]));
            }
            if (n > 0 && last >= there)
                throw file
                        .malformed(name + " of shape " + Arrays.toString(shape) + " reaches beyond its storage of " + there + " elements");
        } catch (ArithmeticException overflow) {
            throw file.malformed(name + " has the impossible strides " + Arrays.toString(strides));
        }
    }
}
