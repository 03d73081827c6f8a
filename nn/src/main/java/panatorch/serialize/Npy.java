package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Reads and writes NumPy's files: {@code .npy} with one array and {@code .npz}, a zip archive of them, compressed or not
 * (<a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">format</a>, versions 1 to 3). Arrays may be bool,
 * integer, floating-point or complex, in either byte order, and in C or Fortran order. Arrays of Python objects are refused, because NumPy
 * runs code to read them.
 *
 * <p>
 * Loaded tensors are on the CPU, in memory of their own, and belong to the current scope, or to the caller if there is none. The tensor of
 * a {@code .npy} file keeps the file's order: in Fortran order it is not contiguous. With {@linkplain Reading#MAPPED mapped} reading,
 * tensors of {@code .npz} files are mapped where they are aligned, as {@link #saveAll} writes them.
 */
public final class Npy {
    private Npy() {}

    private static final long MOST_HEADER = 1 << 16;
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    // ---- reading

    /**
     * Returns the array of a {@code .npy} file.
     *
     * @throws MalformedFileException if the file is damaged, or of a type that tensors do not have
     */
    public static Tensor load(Path path) throws IOException { return load(path, Reading.COPIED); }

    /** Returns the array of a {@code .npy} file, copied or mapped. If several were written one after the other, it is the first. */
    public static Tensor load(Path path, Reading reading) throws IOException {
        try (var scope = Scope.open(); var file = FileBytes.open(path, reading)) {
            Tensor array = head(file, 0).tensor(file.bytes());
            file.requireUnchanged(0, Math.min(file.size(), MOST_HEADER));
            return scope.move(array);
        }
    }

    /** Returns the arrays that were written one after the other to a {@code .npy} file, as {@code np.save} does to an open file. */
    public static List<Tensor> loadAppended(Path path) throws IOException {
        try (var scope = Scope.open(); var file = FileBytes.open(path, Reading.COPIED)) {
            var arrays = new ArrayList<Tensor>();
            for (long at = 0; at < file.size() || arrays.isEmpty();) {
                Head head = head(file, at);
                arrays.add(head.tensor(file.bytes().asSlice(at)));
                at += head.size();
            }
            arrays.forEach(scope::keep);
            return arrays;
        }
    }

    /**
     * Returns the arrays of an {@code .npz} file by their names, in the archive's order. Entries that tensors cannot hold, such as arrays
     * of texts, are left out.
     *
     * @throws MalformedFileException if the file or one of its entries is damaged, or if it has entries and no tensor can hold any
     */
    public static Map<String, Tensor> loadAll(Path path) throws IOException {
        return loadAll(path, Reading.COPIED);
    }

    /** Returns the arrays of an {@code .npz} file, copied or mapped. */
    public static Map<String, Tensor> loadAll(Path path, Reading reading) throws IOException {
        try (var scope = Scope.open(); var file = FileBytes.open(path, reading)) {
            Map<String, Tensor> arrays = loadAll(file);
            arrays.values().forEach(scope::keep);
            return arrays;
        }
    }

    static boolean recognises(FileBytes file) throws IOException {
        return ZipArchive.recognises(file) && file.size() > 30 && isArray(file);
    }

    private static boolean isArray(FileBytes file) throws IOException {
        try {
            int length = file.u16(26);
            return length >= 4 && file.has(30 + length - 4, (byte) '.', (byte) 'n', (byte) 'p', (byte) 'y');
        } catch (MalformedFileException e) { // truncated
            return false;
        }
    }

    static Map<String, Tensor> loadAll(FileBytes file) throws IOException {
        ZipArchive archive = ZipArchive.of(file, true);
        try (var scope = Scope.open()) {
            var arrays = new LinkedHashMap<String, Tensor>();
            var refusals = new ArrayList<MalformedFileException>();
            for (String name : archive.names()) {
                try {
                    if (!name.endsWith(".npy"))
                        throw new NoTensorException(file.malformed("the archive's entry " + name + " is not an array"));
                    arrays.put(name.substring(0, name.length() - 4), entry(archive, name));
                } catch (NoTensorException e) {
                    refusals.add(e.refusal);
                }
            }
            archive.requireUnchanged();
            if (arrays.isEmpty() && !refusals.isEmpty()) throw refusals.getFirst();
            arrays.values().forEach(scope::keep);
            return arrays;
        }
    }

    /**
     * Returns an array of an archive. The header of a compressed array is read first: an array that has just the size that its header
     * declares is no bomb, however well it is compressed.
     */
    private static Tensor entry(ZipArchive archive, String name) throws IOException, NoTensorException {
        Head head = Head.of(archive.file(), name, archive.beginning(name, 12 + MOST_HEADER));
        head.requireBytes(archive.size(name));
        archive.declare(name, head.size());
        try (var scope = Scope.open()) {
            return scope.move(head.tensor(archive.storage(name, head.begin, head.dtype.bytes())));
        }
    }

    /** Thrown for an array that is whole, but that a tensor cannot hold. */
    private static final class NoTensorException extends Exception {
        private static final long serialVersionUID = 1;

        /** The exception for a caller who asked for this array alone. */
        private final MalformedFileException refusal;

        NoTensorException(MalformedFileException refusal) {
            super(refusal);
            this.refusal = refusal;
        }
    }

    /** The checked header of one array. */
    private record Head(FileBytes file, String name, DType dtype, boolean bigEndian, boolean fortran, long[] shape, long begin,
            long elements) {
        /**
         * Reads a header.
         *
         * @param bytes the array's first bytes
         * @throws NoTensorException if a tensor cannot hold the array
         */
        static Head of(FileBytes file, String name, MemorySegment bytes) throws IOException, NoTensorException {
            if (bytes.byteSize() < 12 || bytes.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) >= 0)
                throw file.malformed(name + " is not a NumPy array");
            boolean wide = bytes.get(ValueLayout.JAVA_BYTE, 6) > 1;
            long length = wide ? Integer.toUnsignedLong(bytes.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 8))
                    : Short.toUnsignedInt(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 8));
            long begin = (wide ? 12 : 10) + length;
            if (begin > bytes.byteSize() || length > MOST_HEADER)
                throw file.malformed(name + " has a header of " + length + " bytes, but only " + bytes.byteSize() + " bytes in total");
            String text = new String(bytes.asSlice(begin - length, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
            NpyHeader header;
            try {
                header = NpyHeader.parse(text);
            } catch (IllegalArgumentException e) {
                throw file.malformed(name + " has a header that does not describe an array, as " + e.getMessage() + ": " + text.strip());
            }
            DType dtype = type(file, name, header);
            return new Head(file, name, dtype, header.bigEndian(), header.fortran(), header.shape(), begin,
                    Storage.elements(file, name, header.shape()));
        }

        private static DType type(FileBytes file, String name, NpyHeader header) throws NoTensorException {
            String descr = header.descr();
            if (descr == null) throw new NoTensorException(file.malformed(name + " holds records of several fields, which tensors cannot"));
            if (descr.endsWith("O"))
                throw new NoTensorException(
                        file.malformed(name + " holds Python objects, which are refused because reading them runs code"));
            DType dtype = header.dtype();
            if (dtype == null)
                throw new NoTensorException(file.malformed(name + " has the type '" + descr + "', which tensors do not have"));
            return dtype;
        }

        /** Returns the size of header and elements in bytes, or -1 if no memory could hold them. */
        long size() {
            boolean huge = Math.multiplyHigh(elements, dtype.bytes()) != 0 || elements * dtype.bytes() < 0;
            return huge ? -1 : begin + elements * dtype.bytes();
        }

        void requireBytes(long there) throws MalformedFileException {
            if (size() < 0 || there < size())
                throw file
                        .malformed(name + " has " + (there - begin) + " bytes of data, but its shape " + Arrays.toString(shape) + " needs "
                                + elements + " × " + dtype.bytes());
        }

        /**
         * Creates the tensor from bytes of a file.
         *
         * @param bytes the array with its header, and maybe others behind it
         */
        Tensor tensor(MemorySegment bytes) throws IOException {
            requireBytes(bytes.byteSize());
            try (var scope = Scope.open()) {
                return scope.move(tensor(Storage.of(file, bytes.asSlice(begin, size() - begin), dtype.bytes())));
            }
        }

        /** Creates the tensor from a storage that begins with its elements. */
        Tensor tensor(Storage storage) throws IOException {
            Storage elements = bigEndian && dtype.bytes() > 1 ? storage.reversed(dtype) : storage;
            return elements.tensor(name, dtype, 0, shape,
                    fortran ? reversed(Storage.contiguous(reversed(shape))) : Storage.contiguous(shape));
        }
    }

    /** Returns the array that begins at a place of the file. */
    private static Head head(FileBytes file, long at) throws IOException {
        MemorySegment bytes = file.bytes().asSlice(at);
        try {
            return Head.of(file, "it", file.load(bytes.asSlice(0, Math.min(bytes.byteSize(), 12 + MOST_HEADER))));
        } catch (NoTensorException e) {
            throw e.refusal;
        }
    }

    private static long[] reversed(long[] v) { return IntStream.range(0, v.length).mapToLong(i -> v[v.length - 1 - i]).toArray(); }

    // ---- writing

    /**
     * Writes a tensor of any device and strides, in C order.
     *
     * @throws IllegalArgumentException if NumPy does not have the type, for example bfloat16
     */
    public static void save(Path file, Tensor tensor) throws IOException {
        try (var arena = Arena.ofConfined()) {
            MemorySegment header = header("the tensor", tensor), data = data(tensor, arena);
            AtomicFile.write(file, channel -> {
                AtomicFile.writeAll(channel, header);
                AtomicFile.writeAll(channel, data);
            });
        }
    }

    /** Writes tensors under their names into an uncompressed {@code .npz} file, one by one, in the map's order. */
    public static void saveAll(Path file, Map<String, Tensor> tensors) throws IOException {
        var headers = new ArrayList<MemorySegment>(); // all of them before the file is begun
        tensors.forEach((name, t) -> headers.add(header(name, t)));
        AtomicFile.write(file, channel -> {
            var zip = new ZipWriter(channel);
            var header = headers.iterator();
            for (var e : tensors.entrySet()) {
                try (var arena = Arena.ofConfined()) {
                    zip.add(e.getKey() + ".npy", header.next(), data(e.getValue(), arena));
                }
            }
            zip.finish(0);
        });
    }

    private static MemorySegment header(String name, Tensor t) {
        String type = NpyHeader.describe(t.dtype());
        if (type == null) throw new IllegalArgumentException(name + " is " + t.dtype() + ", which NumPy does not have");
        String shape = Arrays.stream(t.shape()).mapToObj(s -> s + ",").collect(Collectors.joining(" "));
        if (t.dim() > 1) shape = shape.substring(0, shape.length() - 1); // (3,) and (3, 4), as Python prints tuples
        String text =
                "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
        int length = (10 + text.length() + 1 + 63) / 64 * 64;
        ByteBuffer b = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).put(MAGIC).put((byte) 1).put((byte) 0)
                .putShort((short) (length - 10)).put(text.getBytes(StandardCharsets.US_ASCII));
        while (b.position() < length - 1) b.put((byte) ' ');
        return MemorySegment.ofArray(b.put((byte) '\n').array());
    }

    private static MemorySegment data(Tensor t, Arena arena) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            return t.to(Device.CPU).resolveConj().resolveNeg().contiguous().data(arena);
        }
    }
}
