package panatorch.serialize;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.pickle.Pickle;

/**
 * Reads and writes files of {@code torch.save}, by convention {@code .pt}, {@code .pth}, {@code .th} or {@code .bin}: the zip format of
 * PyTorch 1.6 and later, and the older stream of pickles. The formats are defined by {@code torch/serialization.py} and
 * {@code caffe2/serialize} of PyTorch.
 *
 * <p>
 * Reading only creates tensors and plain data and never runs code. A file that asks for anything else, as malicious files and whole pickled
 * models do, is refused; the message names what it asks for. Values become {@code Long} ({@code BigInteger} beyond 64 bits),
 * {@code Double}, {@code Boolean}, {@code String}, {@code byte[]}, {@link panatorch.Complex}, {@link panatorch.DType},
 * {@link panatorch.Device} or null. NumPy's numbers, {@code argparse.Namespace}, paths and dicts with a default become numbers, maps and
 * texts, too, and NumPy's arrays {@link NumpyArray}s, which can be read only. A list becomes a {@code List}; a tuple or {@code torch.Size}
 * an unmodifiable {@code List}; a set a {@code Set}; a dict a {@code Map} in its order, with keys of any of these types. Parameters are
 * tensors that require gradients.
 *
 * <p>
 * Tensors are on the CPU, wherever they were saved, in memory of their own. With {@linkplain Reading#MAPPED mapped} reading, tensors that
 * the file stores uncompressed and aligned, as current PyTorch does, are views of the mapping. Tensors that shared memory share it again.
 */
public final class TorchFile {
    private TorchFile() {}

    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long PROTOCOL = 1001;

    /**
     * Returns the value in a file. Its tensors belong to the current scope, or to the caller if there is none.
     *
     * @throws MalformedFileException if the file has another format, is damaged, or asks for something that is neither a tensor nor plain
     * data
     */
    public static @Nullable Object load(Path file) throws IOException { return load(file, Reading.COPIED); }

    /** Returns the value in a file, copied or mapped. */
    public static @Nullable Object load(Path path, Reading reading) throws IOException {
        try (var scope = Scope.open(); var file = FileBytes.open(path, reading)) {
            Object value = load(file);
            keep(scope, value);
            return value;
        }
    }

    static @Nullable Object load(FileBytes file) throws IOException { return load(file, false); }

    /** @param lenient whether values of unknown classes become {@link PythonValues.Unknown} instead of being refused */
    static @Nullable Object load(FileBytes file, boolean lenient) throws IOException {
        if (ZipArchive.recognises(file)) return load(ZipArchive.of(file), lenient);
        try (var scope = Scope.open()) {
            return kept(scope, file, stream(file, lenient));
        }
    }

    static @Nullable Object load(ZipArchive archive, boolean lenient) throws IOException {
        try (var scope = Scope.open()) {
            return kept(scope, archive.file(), zip(archive, lenient));
        }
    }

    private static @Nullable Object kept(Scope scope, FileBytes file, @Nullable Object value) throws MalformedFileException {
        PlainData.check(file, value);
        keep(scope, value);
        return value;
    }

    /** Keeps all tensors of a value in a scope. A tensor may occur in several places, so keeping it twice has to be harmless. */
    static void keep(Scope scope, @Nullable Object value) {
        switch (value) {
            case Tensor t -> scope.keep(t);
            case Map<?, ?> map -> map.values().forEach(v -> keep(scope, v));
            case Collection<?> values -> values.forEach(v -> keep(scope, v));
            case null, default -> {}
        }
    }

    static boolean recognises(FileBytes file) throws IOException {
        return file.has(0, (byte) 0x80, (byte) 2, (byte) 0x8a, (byte) 10, (byte) 0x6c, (byte) 0xfc, (byte) 0x9c, (byte) 0x46);
    }

    /**
     * Writes a value so that {@code torch.load(file, weights_only=True)} of PyTorch 1.6 and later reads it: tensors, {@code Map}s (as
     * dicts), {@code List}s, {@code Set}s, and the plain values that {@link #load} returns, {@code Integer}s and {@code Float}s too.
     * Tensors that share memory on the CPU share it in the file; those on GPUs are written as copies. Tensors are streamed one by one, and
     * the file appears only once it is complete. Equal values make equal files.
     *
     * @throws IllegalArgumentException if any other type is among the values
     */
    public static void save(Path file, @Nullable Object value) throws IOException { save(file, value, Writing.DURABLE); }

    /** Writes a value, and waits for the disk or not. */
    public static void save(Path file, @Nullable Object value, Writing writing) throws IOException {
        PickleWriter.Written written = PickleWriter.write(value);
        AtomicFile.write(file, writing, channel -> write(channel, written.pickle(), written.storages()).finish(0));
    }

    /** The bytes of the storages to which a pickle refers by number. */
    interface StorageBytes {
        int size();

        /** Returns a storage's bytes on the CPU, which live as long as {@code arena}. */
        MemorySegment bytes(int key, Arena arena);
    }

    /** Writes everything but the archive's directory. */
    static ZipWriter write(FileChannel channel, byte[] pickle, StorageBytes storages) throws IOException {
        var zip = new ZipWriter(channel);
        zip.add("archive/data.pkl", pickle);
        zip.add("archive/.format_version", ascii("1"));
        zip.add("archive/.storage_alignment", ascii("64"));
        zip.add("archive/byteorder", ascii("little"));
        for (int key = 0; key < storages.size(); key++) {
            try (var arena = Arena.ofConfined()) {
                zip.add("archive/data/" + key, storages.bytes(key, arena));
            }
        }
        zip.add("archive/version", ascii("3\n"));
        return zip;
    }

    private static byte[] ascii(String s) { return s.getBytes(StandardCharsets.US_ASCII); }

    // ---- the zip format

    private static @Nullable Object zip(ZipArchive archive, boolean lenient) throws IOException {
        String root = root(archive);
        Object value = pickle(archive.file(), archive.checked(root + "data.pkl"), names(archive, root, lenient));
        archive.requireUnchanged();
        return value;
    }

    /** Returns the names of an archive's pickle, whose storages are entries of the archive. */
    static TorchNames names(ZipArchive archive, String root, boolean lenient) throws IOException {
        FileBytes file = archive.file();
        String order = archive.has(root + "byteorder") ? archive.text(root + "byteorder") : "little";
        if (!order.equals("little") && !order.equals("big"))
            throw file.malformed("its numbers have the unknown byte order '" + order + "'");
        var found = new HashMap<String, Storage>();
        return new TorchNames(file, lenient, id -> {
            if (id.rest() != null) throw file.malformed("it refers to a storage in the way of the old format");
            Storage storage = found.get(id.key());
            if (storage == null) {
                storage = archive.storage(root + "data/" + id.key(), 0, id.dtype() == DType.UINT8 ? 8 : id.dtype().bytes());
                if (order.equals("big")) storage = storage.reversed(id.dtype());
                found.put(id.key(), storage);
            }
            long expected = id.elements() * id.dtype().bytes();
            if (storage.place().byteSize() != expected || Math.multiplyHigh(id.elements(), id.dtype().bytes()) != 0)
                throw file.malformed("storage " + id.key() + " has " + storage.place().byteSize() + " bytes, but its tensors need "
                        + Long.toUnsignedString(expected));
            return storage;
        });
    }

    /** Returns the folder that contains all entries, with its slash. */
    static String root(ZipArchive archive) throws IOException {
        List<String> pickles = archive.names().stream()
                .filter(n -> n.endsWith("/data.pkl") && n.indexOf('/') == n.length() - "/data.pkl".length()).toList();
        if (pickles.size() != 1)
            throw archive.file().malformed("it is a zip archive, but not one of torch.save: it has "
                    + (pickles.isEmpty() ? "no" : "more than one") + " data.pkl");
        return pickles.getFirst().substring(0, pickles.getFirst().length() - "data.pkl".length());
    }

    private static @Nullable Object pickle(FileBytes file, MemorySegment data, TorchNames names) throws IOException {
        Pickle.Read read = Pickle.read(data, 0, names);
        if (read.end() != data.byteSize()) throw file.malformed("something follows the end of its pickle");
        return read.value();
    }

    // ---- the old format: magic number, protocol, system, object, keys of the storages, each a pickle; then the storages

    private static @Nullable Object stream(FileBytes file, boolean lenient) throws IOException {
        if (!recognises(file)) {
            String foreign = ForeignFile.describe(file);
            throw file.malformed(foreign != null ? foreign : "it is not a file of torch.save");
        }
        file.load(file.bytes()); // the format does not say where the pickles end
        TorchNames names = new TorchNames(file, lenient, id -> null);
        Pickle.Read magic = Pickle.read(file.bytes(), 0, names);
        Pickle.Read protocol = Pickle.read(file.bytes(), magic.end(), names);
        if (!MAGIC.equals(magic.value()) || !Long.valueOf(PROTOCOL).equals(protocol.value()))
            throw file.malformed("its magic number "
                    + "or protocol is not one of torch.save");
        // It says whether the machine was little-endian; the numbers of this format always are (THPStorage_writeFileRaw).
        Pickle.Read system = Pickle.read(file.bytes(), protocol.end(), names);
        var sizes = new HashMap<String, TorchNames.StorageId>();
        Pickle.Read dry = Pickle.read(file.bytes(), system.end(), new TorchNames(file, lenient, id -> {
            TorchNames.StorageId known = sizes.putIfAbsent(id.key(), id);
            if (known != null && (known.elements() != id.elements() || known.dtype() != id.dtype()))
                throw file.malformed("storage " + id.key() + " has two types or sizes");
            return null;
        }));
        Pickle.Read keys = Pickle.read(file.bytes(), dry.end(), names);
        Map<String, Storage> storages = storages(file, keys, sizes);
        file.requireUnchanged(0, keys.end());
        return Pickle.read(file.bytes(), system.end(), new TorchNames(file, lenient, id -> viewed(file, storages, id))).value();
    }

    private static Map<String, Storage> storages(FileBytes file, Pickle.Read keys, Map<String, TorchNames.StorageId> ids)
            throws IOException {
        if (!(keys.value() instanceof List<?> list)) throw file.malformed("it has no list of storages");
        var storages = new HashMap<String, Storage>();
        long at = keys.end();
        for (Object key : list) {
            TorchNames.StorageId id = key instanceof String ? ids.get(key) : null;
            if (id == null) throw file.malformed("it has a storage that no tensor uses: " + key);
            long elements = file.i64(at);
            if (elements != id.elements() || Math.multiplyHigh(elements, id.dtype().bytes()) != 0)
                throw file.malformed("storage " + key + " has " + elements + " elements, but its tensors expect " + id.elements());
            MemorySegment bytes = file.place(at + 8, elements * id.dtype().bytes(), "storage " + key);
            if (storages.put(id.key(), Storage.of(file, bytes, id.dtype().bytes())) != null)
                throw file.malformed("it has two storages " + key);
            at += 8 + bytes.byteSize();
        }
        return storages;
    }

    private static Storage viewed(FileBytes file, Map<String, Storage> storages, TorchNames.StorageId id) throws MalformedFileException {
        Storage whole = storages.get(id.key());
        if (whole == null) throw file.malformed("storage " + id.key() + " is missing");
        if (id.rest() == null) return whole;
        if (!(id.rest() instanceof List<?> view) || view.size() != 3 || !(view.get(1) instanceof Long offset)
                || !(view.get(2) instanceof Long elements) || offset < 0 || elements < 0
                || offset > id.elements() || elements > id.elements() - offset)
            throw file.malformed("it has a view beyond its storage " + id.key());
        int bytes = id.dtype().bytes();
        return whole.part(offset * bytes, elements * bytes);
    }
}
