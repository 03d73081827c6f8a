package panatorch.serialize;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * The safetensors format, as the {@code safetensors} package for Python reads and writes it: a 64-bit header length, a JSON header
 * with each tensor's type, shape and place, and the tensors' bytes, little-endian.
 */
public final class Safetensors {
    private Safetensors() {}

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MOST_HEADER = 100_000_000;
    private static final Map<DType, String> NAMES = Map.ofEntries(Map.entry(DType.FLOAT64, "F64"), Map.entry(DType.FLOAT32, "F32"), Map.entry(DType.FLOAT16, "F16"),
            Map.entry(DType.BFLOAT16, "BF16"), Map.entry(DType.INT64, "I64"), Map.entry(DType.INT32, "I32"), Map.entry(DType.INT16, "I16"), Map.entry(DType.INT8, "I8"),
            Map.entry(DType.UINT8, "U8"), Map.entry(DType.BOOL, "BOOL"), Map.entry(DType.UINT16, "U16"), Map.entry(DType.UINT32, "U32"), Map.entry(DType.UINT64, "U64"),
            Map.entry(DType.FLOAT8_E4M3FN, "F8_E4M3"), Map.entry(DType.FLOAT8_E5M2, "F8_E5M2"));
    private static final Map<String, DType> TYPES = NAMES.entrySet().stream().collect(java.util.stream.Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

    /** Writes tensors of any device, in the map's order, and texts that go with them. The file appears only once it is complete. */
    public static void save(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        ObjectNode header = JSON.createObjectNode();
        if (!metadata.isEmpty()) header.set("__metadata__", JSON.valueToTree(metadata));
        long offset = 0;
        for (var e : tensors.entrySet()) {
            Tensor t = e.getValue();
            String type = NAMES.get(t.dtype());
            if (type == null) throw new IllegalArgumentException(e.getKey() + " is " + t.dtype() + ", which safetensors files cannot hold");
            long bytes = t.numel() * t.dtype().bytes();
            ObjectNode entry = header.putObject(e.getKey()).put("dtype", type);
            var shape = entry.putArray("shape");
            for (long s : t.shape()) shape.add(s);
            entry.putArray("data_offsets").add(offset).add(offset + bytes);
            offset += bytes;
        }
        byte[] json = padded(header.toString().getBytes(StandardCharsets.UTF_8));
        AtomicFile.write(file, channel -> {
            AtomicFile.writeAll(channel, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).flip());
            AtomicFile.writeAll(channel, ByteBuffer.wrap(json));
            for (Tensor t : tensors.values()) write(channel, t);
        });
    }

    private static byte[] padded(byte[] json) {
        byte[] aligned = java.util.Arrays.copyOf(json, (json.length + 7) / 8 * 8);
        java.util.Arrays.fill(aligned, json.length, aligned.length, (byte) ' ');
        return aligned;
    }

    private static void write(FileChannel channel, Tensor t) throws IOException {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var arena = Arena.ofConfined()) {
            MemorySegment data = t.to(Device.CPU).contiguous().data(arena);
            for (long at = 0; at < data.byteSize(); at += 1 << 30)
                AtomicFile.writeAll(channel, data.asSlice(at, Math.min(1 << 30, data.byteSize() - at)).asByteBuffer());
        }
    }

    /** The tensors of a file, on the CPU, in the order of their places. They belong to the current scope, or to the caller. */
    public static Map<String, Tensor> load(Path file) throws IOException { return read(file).tensors(); }

    /** @param metadata texts that came with the tensors */
    public record Content(Map<String, Tensor> tensors, Map<String, String> metadata) {}

    /**
     * Checks all of the header before any tensor is made.
     *
     * @throws IOException if the file cannot be read, or is damaged: the message says how
     */
    public static Content read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) throw new IOException("there is no file " + file);
        try (var channel = FileChannel.open(file, StandardOpenOption.READ); var arena = Arena.ofConfined()) {
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            JsonNode header = header(file, all);
            MemorySegment data = all.asSlice(8 + all.get(LENGTH, 0));
            var entries = new LinkedHashMap<String, Entry>();
            var metadata = new LinkedHashMap<String, String>();
            header.properties().forEach(p -> {
                if (p.getKey().equals("__metadata__")) p.getValue().properties().forEach(m -> metadata.put(m.getKey(), m.getValue().asText()));
            });
            for (var p : header.properties()) if (!p.getKey().equals("__metadata__")) entries.put(p.getKey(), entry(file, p.getKey(), p.getValue(), data.byteSize()));
            var tensors = new LinkedHashMap<String, Tensor>();
            entries.entrySet().stream().sorted(Map.Entry.comparingByValue(java.util.Comparator.comparingLong(Entry::begin)))
                    .forEach(e -> tensors.put(e.getKey(), Torch.copyOf(data.asSlice(e.getValue().begin, e.getValue().end - e.getValue().begin), e.getValue().dtype, e.getValue().shape)));
            return new Content(tensors, metadata);
        }
    }

    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private record Entry(DType dtype, long[] shape, long begin, long end) {}

    private static JsonNode header(Path file, MemorySegment all) throws IOException {
        if (all.byteSize() < 8) throw damaged(file, "it is " + all.byteSize() + " bytes long");
        long length = all.get(LENGTH, 0);
        if (length < 2 || length > MOST_HEADER || length > all.byteSize() - 8) throw damaged(file, "it begins with a header length of " + Long.toUnsignedString(length));
        try {
            JsonNode header = JSON.readTree(all.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE));
            if (!header.isObject()) throw damaged(file, "its header is not a JSON object");
            return header;
        } catch (JsonProcessingException e) {
            throw damaged(file, "its header is not JSON");
        }
    }

    private static Entry entry(Path file, String name, JsonNode e, long size) throws IOException {
        DType dtype = TYPES.get(e.path("dtype").asText());
        if (dtype == null) throw damaged(file, name + " has the unknown type '" + e.path("dtype").asText() + "'");
        JsonNode dims = e.path("shape"), offsets = e.path("data_offsets");
        if (!dims.isArray() || !offsets.isArray() || offsets.size() != 2) throw damaged(file, name + " has no shape and place");
        var shape = new long[dims.size()];
        long begin = offsets.get(0).asLong(-1), end = offsets.get(1).asLong(-1), bytes = dtype.bytes();
        try {
            for (int i = 0; i < shape.length; i++) bytes = Math.multiplyExact(bytes, shape[i] = dims.get(i).asLong(-1));
        } catch (ArithmeticException overflow) {
            throw damaged(file, name + " has the impossible shape " + dims);
        }
        if (java.util.Arrays.stream(shape).anyMatch(s -> s < 0)) throw damaged(file, name + " has the impossible shape " + dims);
        if (begin < 0 || end < begin || end > size) throw damaged(file, name + " lies outside the file, at " + offsets);
        if (end - begin != bytes) throw damaged(file, name + " takes " + (end - begin) + " bytes, and its shape " + dims + " needs " + bytes);
        return new Entry(dtype, shape, begin, end);
    }

    private static IOException damaged(Path file, String how) { return new IOException(file + " is no safetensors file, or a damaged one: " + how); }
}
