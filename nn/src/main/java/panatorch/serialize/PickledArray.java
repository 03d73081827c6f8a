package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.internal.pickle.Pickle;

/** An array in a pickle. NumPy makes it empty and fills it later. */
final class PickledArray implements NumpyArray, Pickle.Built {
    private final FileBytes file;
    private final boolean lenient;
    private DType dtype = DType.UINT8;
    private long[] shape = {0};
    private boolean fortran;
    private byte[] elements = {};

    /** @param lenient whether an array whose elements tensors do not have, such as texts, stays empty instead of being refused */
    PickledArray(FileBytes file, boolean lenient) {
        this.file = file;
        this.lenient = lenient;
    }

    /** Fills the array from (version, shape, type, whether in Fortran order, bytes). */
    @Override public void build(@Nullable Object state) throws IOException {
        if (!(state instanceof List<?> s) || s.size() != 5 || !(s.get(3) instanceof Boolean order)) throw odd();
        fill(s.get(4), s.get(2), s.get(1), order);
    }

    PickledArray fill(@Nullable Object bytes, @Nullable Object type, @Nullable Object sizes, boolean fortran) throws IOException {
        if (!(type instanceof NumPyType numpy) || !(sizes instanceof List<?> list)) throw odd();
        DType known = numpy.dtype();
        if (known == null || !(bytes instanceof byte[] values)) {
            if (lenient) return this;
            throw file.malformed(
                    "it holds a NumPy array of type '" + numpy.name() + "', which tensors do not have; in Python, save it as a list");
        }
        var shape = new long[list.size()];
        for (int i = 0; i < shape.length; i++) {
            if (!(list.get(i) instanceof Long n)) throw odd();
            shape[i] = n;
        }
        long all = Storage.elements(file, "a NumPy array", shape);
        if (all > values.length || all * known.bytes() != values.length) throw odd();
        this.dtype = known;
        this.shape = shape;
        this.fortran = fortran;
        elements = numpy.isBigEndian() ? reversed(values, known.isComplex() ? known.bytes() / 2 : known.bytes()) : values;
        return this;
    }

    private static byte[] reversed(byte[] values, int size) {
        var reversed = new byte[values.length];
        for (int i = 0; i < values.length; i++) reversed[i] = values[i / size * size + size - 1 - i % size];
        return reversed;
    }

    private IOException odd() { return PythonValues.odd(file, "a NumPy array"); }

    @Override public DType dtype() { return dtype; }

    @Override public long[] shape() { return shape.clone(); }

    @Override public Tensor tensor() {
        if (!fortran) return Torch.copyOf(MemorySegment.ofArray(elements), dtype, shape);
        int[] dims = IntStream.range(0, shape.length).map(i -> shape.length - 1 - i).toArray();
        try (var scope = Scope.open()) {
            long[] turned = Arrays.stream(dims).mapToLong(d -> shape[d]).toArray();
            return scope.move(
                    Torch.copyOf(MemorySegment.ofArray(elements), dtype, turned).permute(Arrays.stream(dims).asLongStream().toArray()));
        }
    }

    @Override public String toString() { return "NumpyArray(" + dtype + ", " + Arrays.toString(shape) + ")"; }
}
