package panatorch.serialize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.files.FileNames;

/**
 * The safetensors format, as Python's {@code safetensors} package reads and writes it: a 64-bit header length, a JSON header with each
 * tensor's type, shape and offsets, and the tensors' bytes, little-endian
 * (<a href="https://huggingface.co/docs/safetensors">specification</a>). Also the form with several files, whose index
 * {@code model.safetensors.index.json} maps each tensor to its file.
 *
 * <p>
 * Loaded tensors are on the CPU, in memory of their own unless {@linkplain Reading#MAPPED mapped} reading is requested.
 */
public final class Safetensors {
    private Safetensors() {}

    /**
     * Writes tensors of any device and strides, one after another, in the map's order, together with texts. The file appears only once it
     * is complete. Tensors that share memory are written as often as they occur.
     *
     * @throws IllegalArgumentException if the format has no name for a tensor's type
     */
    public static void save(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        save(file, tensors, metadata, Writing.DURABLE);
    }

    /** Writes tensors and texts, and waits for the disk or not. */
    public static void save(Path file, Map<String, Tensor> tensors, Map<String, String> metadata, Writing writing) throws IOException {
        byte[] header = SafetensorsHeader.bytes(tensors, metadata);
        AtomicFile.write(file, writing, channel -> {
            AtomicFile.writeAll(channel, ByteBuffer.wrap(header));
            for (Tensor t : tensors.values()) write(channel, t);
        });
    }

    static void write(FileChannel channel, Tensor t) throws IOException {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var arena = Arena.ofConfined()) {
            AtomicFile.writeAll(channel, t.to(Device.CPU).resolveConj().resolveNeg().contiguous().data(arena));
        }
    }

    /**
     * Returns the tensors of a file or, if the name ends in {@code .json}, of an index, in the order of their offsets. They belong to the
     * current scope, or to the caller if there is none.
     */
    public static Map<String, Tensor> load(Path file) throws IOException { return load(file, Reading.COPIED); }

    /** Returns the tensors of a file or index, copied or mapped. */
    public static Map<String, Tensor> load(Path file, Reading reading) throws IOException {
        return file.toString().endsWith(".json") ? readIndex(file, part -> read(part, reading).tensors()) : read(file, reading).tensors();
    }

    /**
     * Returns the tensors and texts of a file. Checks the whole header before it creates a tensor.
     *
     * @throws MalformedFileException if the file is damaged; the message says how
     */
    public static Weights read(Path path) throws IOException { return read(path, Reading.COPIED); }

    /** Returns the tensors and texts of a file, copied or mapped. */
    public static Weights read(Path path, Reading reading) throws IOException {
        try (var scope = Scope.open(); var file = FileBytes.open(path, reading)) {
            Weights content = read(file);
            content.tensors().values().forEach(scope::keep);
            return content;
        }
    }

    static Weights read(FileBytes file) throws IOException {
        try (var scope = Scope.open()) {
            SafetensorsHeader header = SafetensorsHeader.read(file);
            MemorySegment data = SafetensorsHeader.data(file);
            var tensors = new LinkedHashMap<String, Tensor>();
            Storage all = file.isMapped() ? Storage.of(file, data, 1) : null;
            for (var e : header.entries().entrySet()) {
                var place = e.getValue();
                long length = place.end() - place.begin();
                Storage storage = all == null ? Storage.of(file, data.asSlice(place.begin(), length), 1)
                        : all.part(place.begin(), length, place.dtype().bytes());
                tensors.put(e.getKey(), storage.tensor(e.getKey(), place.dtype(), place.shape()));
            }
            file.requireUnchanged(0, SafetensorsHeader.size(file));
            tensors.values().forEach(scope::keep);
            return new Weights(tensors, header.metadata());
        }
    }

    // ---- several files

    private static final String WEIGHT_MAP = "weight_map";

    /**
     * Writes {@code model-00001-of-0000N.safetensors} and so on into a folder, and then their index. No file holds more than
     * {@code mostBytes} of tensors, unless it holds a single tensor.
     *
     * @return the index
     */
    public static Path saveSharded(Path folder, Map<String, Tensor> tensors, Map<String, String> metadata, long mostBytes)
            throws IOException {
        List<Map<String, Tensor>> parts = new ArrayList<>(List.of(new LinkedHashMap<>()));
        long total = 0, inPart = 0;
        for (var e : tensors.entrySet()) {
            long bytes = e.getValue().numel() * e.getValue().dtype().bytes();
            if (inPart > 0 && inPart + bytes > mostBytes) {
                parts.add(new LinkedHashMap<>());
                inPart = 0;
            }
            parts.getLast().put(e.getKey(), e.getValue());
            total += bytes;
            inPart += bytes;
        }
        ObjectNode index = SafetensorsHeader.JSON.createObjectNode();
        index.putObject("metadata").put("total_size", total);
        ObjectNode where = index.putObject(WEIGHT_MAP);
        for (int i = 0; i < parts.size(); i++) {
            String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, parts.size());
            save(folder.resolve(name), parts.get(i), metadata);
            parts.get(i).keySet().forEach(t -> where.put(t, name));
        }
        Path file = folder.resolve("model.safetensors.index.json");
        AtomicFile.write(file, SafetensorsHeader.JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(index));
        return file;
    }

    /** Reads one of the files to which an index refers. */
    @FunctionalInterface
    interface Part {
        Map<String, Tensor> read(Path file) throws IOException;
    }

    /**
     * Returns the tensors of an index of several files.
     *
     * @param part reads one of the files
     */
    static Map<String, Tensor> readIndex(Path path, Part part) throws IOException {
        try (var scope = Scope.open(); var index = FileBytes.open(path, Reading.COPIED)) {
            Path folder = Objects.requireNonNull(path.toAbsolutePath().getParent()); // a file that is open has one
            JsonNode where = SafetensorsHeader.json(index, index.load(index.bytes())).path(WEIGHT_MAP);
            if (!where.isObject()) throw index.malformed("it is not an index of weight files: it has no " + WEIGHT_MAP);
            var files = new LinkedHashMap<String, Map<String, Tensor>>();
            var tensors = new LinkedHashMap<String, Tensor>();
            for (var e : where.properties()) {
                String name = e.getValue().asText();
                if (name.isEmpty() || name.contains("/") || name.contains("\\") || name.equals(".."))
                    throw index.malformed(e.getKey()
                            + " refers to '" + name + "', which is not a file beside the index");
                Path file = FileNames.resolve(folder, name);
                if (!Files.isRegularFile(file)) throw index.malformed(e.getKey() + " refers to " + name + ", which is missing");
                if (!files.containsKey(name)) files.put(name, part.read(file));
                Tensor t = files.get(name).get(e.getKey());
                if (t == null) throw index.malformed(e.getKey() + " refers to " + name + ", which does not contain it");
                tensors.put(e.getKey(), t);
            }
            tensors.values().forEach(scope::keep);
            return tensors;
        }
    }
}
