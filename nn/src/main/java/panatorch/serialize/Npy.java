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
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
 * integer, floating-point or complex, little-endian, in C or Fortran order. Arrays of Python objects are refused, because NumPy runs code
 * to read them.
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
    private static final Map<DType, String> NAMES = Map.ofEntries(Map.entry(DType.BOOL, "b1"), Map.entry(DType.INT8, "i1"),
            Map.entry(DType.INT16, "i2"), Map.entry(DType.INT32, "i4"),
            Map.entry(DType.INT64, "i8"), Map.entry(DType.UINT8, "u1"), Map.entry(DType.UINT16, "u2"), Map.entry(DType.UINT32, "u4"),
            Map.entry(DType.UINT64, "u8"),
            Map.entry(DType.FLOAT16, "f2"), Map.entry(DType.FLOAT32, "f4"), Map.entry(DType.FLOAT64, "f8"),
            Map.entry(DType.COMPLEX64, "c8"), Map.entry(DType.COMPLEX128, "c16"));
    private static final Map<String, DType> TYPES =
            NAMES.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));
    private static final Pattern HEADER = Pattern.compile(
            "\\{\\s*'descr':\\s*'([^']{1,16})',\\s*'fortran_order':\\s*(True|False),\\s*'shape':\\s*\\(([0-9, ]{0,1000})\\),?\\s*\\}\\s*");

    // ---- reading

    /**
     * Returns the array of a {@code .npy} file.
     *
     * @throws MalformedFileException if the file is damaged, big-endian, or of a type that tensors do not have
     */
    public static Tensor load(Path path) throws IOException { return load(path, Reading.COPIED); }

    /** Returns the array of a {@code .npy} file, copied or mapped. */
    public static Tensor load(Path path, Reading reading) throws IOException {
        try (var scope = Scope.open(); var file = FileBytes.open(path, reading)) {
            Tensor array = read(file, "it", file.bytes());
            file.requireUnchanged(0, Math.min(file.size(), MOST_HEADER));
            return scope.move(array);
        }
    }

    /** Returns the arrays of an {@code .npz} file by their names, in the archive's order. */
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
        ZipArchive archive = ZipArchive.of(file);
        try (var scope = Scope.open()) {
            var arrays = new LinkedHashMap<String, Tensor>();
            for (String name : archive.names()) {
                if (!name.endsWith(".npy")) throw file.malformed("the archive's entry " + name + " is not an array");
                arrays.put(name.substring(0, name.length() - 4), read(file, name, archive.checked(name)));
            }
            archive.requireUnchanged();
            arrays.values().forEach(scope::keep);
            return arrays;
        }
    }

    private static Tensor read(FileBytes file, String name, MemorySegment bytes) throws IOException {
        file.load(bytes.asSlice(0, Math.min(bytes.byteSize(), 12 + MOST_HEADER)));
        if (bytes.byteSize() < 12 || bytes.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) >= 0)
            throw file.malformed(name
                    + " is not a NumPy array");
        boolean wide = bytes.get(ValueLayout.JAVA_BYTE, 6) > 1;
        long length = wide ? Integer.toUnsignedLong(bytes.get(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 8))
                : Short.toUnsignedInt(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 8));
        long begin = (wide ? 12 : 10) + length;
        if (begin > bytes.byteSize() || length > MOST_HEADER)
            throw file.malformed(name + " has a header of " + length + " bytes, but only "
                    + bytes.byteSize() + " bytes in total");
        String header = new String(bytes.asSlice(begin - length, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.ISO_8859_1);
        Matcher m = HEADER.matcher(header);
        if (!m.matches()) throw file.malformed(name + " has a header that does not describe a plain array: " + header.strip());
        DType dtype = type(file, name, m.group(1));
        long[] shape = shape(file, name, m.group(3));
        MemorySegment data = bytes.asSlice(begin);
        long elements = Storage.elements(file, name, shape);
        if (Math.multiplyHigh(elements, dtype.bytes()) != 0 || data.byteSize() != elements * dtype.bytes())
            throw file.malformed(name + " has " + data.byteSize() + " bytes of data, but its shape (" + m.group(3) + ") needs " + elements
                    + " × " + dtype.bytes());
        boolean fortran = m.group(2).equals("True");
        try (var scope = Scope.open()) {
            Storage storage = bytes.isNative() ? Storage.of(file, data, dtype.bytes()) : Storage.copyOf(file, data);
            return scope.move(storage.tensor(name, dtype, 0, shape,
                    fortran ? reversed(Storage.contiguous(reversed(shape))) : Storage.contiguous(shape)));
        }
    }

    private static DType type(FileBytes file, String name, String described) throws MalformedFileException {
        DType dtype = TYPES.get(described.substring(1));
        if (described.endsWith("O")) throw file.malformed(name + " holds Python objects, which are refused because reading them runs code");
        if (dtype == null) throw file.malformed(name + " has the type '" + described + "', which tensors do not have");
        if (described.charAt(0) == '>' && dtype.bytes() > 1)
            throw file.malformed(name + " is big-endian ('" + described + "'); save it as a.astype(a.dtype.newbyteorder('<'))");
        if ("<|=>".indexOf(described.charAt(0)) < 0)
            throw file.malformed(name + " has the type '" + described + "', which tensors do not have");
        return dtype;
    }

    private static long[] shape(FileBytes file, String name, String text) throws MalformedFileException {
        try {
            return Arrays.stream(text.split(",")).map(String::strip).filter(s -> !s.isEmpty()).mapToLong(Long::parseLong).toArray();
        } catch (NumberFormatException e) {
            throw file.malformed(name + " has the impossible shape (" + text + ")");
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
        String type = NAMES.get(t.dtype());
        if (type == null) throw new IllegalArgumentException(name + " is " + t.dtype() + ", which NumPy does not have");
        String shape = Arrays.stream(t.shape()).mapToObj(s -> s + ",").collect(Collectors.joining(" "));
        if (t.dim() > 1) shape = shape.substring(0, shape.length() - 1); // (3,) and (3, 4), as Python prints tuples
        String text =
                "{'descr': '" + (t.dtype().bytes() == 1 ? "|" : "<") + type + "', 'fortran_order': False, 'shape': (" + shape + "), }";
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
