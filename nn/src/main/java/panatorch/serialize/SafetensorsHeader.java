package panatorch.serialize;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import panatorch.DType;
import panatorch.Tensor;

/** The checked JSON header of a safetensors file: every byte after the header belongs to exactly one tensor. */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
    /** A tensor's type, shape and byte range, counted from the end of the header. */
    record Entry(DType dtype, long[] shape, long begin, long end) {}

    static final ObjectMapper JSON = JsonMapper.builder().enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final String METADATA = "__metadata__";
    private static final long MOST_HEADER = 100_000_000; // the format's own limit

    private static final Map<DType, String> NAMES = Map.ofEntries(Map.entry(DType.FLOAT64, "F64"), Map.entry(DType.FLOAT32, "F32"),
            Map.entry(DType.FLOAT16, "F16"),
            Map.entry(DType.BFLOAT16, "BF16"), Map.entry(DType.INT64, "I64"), Map.entry(DType.INT32, "I32"), Map.entry(DType.INT16, "I16"),
            Map.entry(DType.INT8, "I8"),
            Map.entry(DType.UINT8, "U8"), Map.entry(DType.BOOL, "BOOL"), Map.entry(DType.UINT16, "U16"), Map.entry(DType.UINT32, "U32"),
            Map.entry(DType.UINT64, "U64"),
            Map.entry(DType.FLOAT8_E4M3FN, "F8_E4M3"), Map.entry(DType.FLOAT8_E5M2, "F8_E5M2"),
            Map.entry(DType.FLOAT8_E4M3FNUZ, "F8_E4M3FNUZ"),
            Map.entry(DType.FLOAT8_E5M2FNUZ, "F8_E5M2FNUZ"), Map.entry(DType.FLOAT8_E8M0FNU, "F8_E8M0"), Map.entry(DType.COMPLEX64, "C64"));
    private static final Map<String, DType> TYPES =
            NAMES.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

    // ---- writing

    /**
     * Returns the length and the header, padded so that the tensors begin at a multiple of 8. The tensors follow without gaps, in the map's
     * order.
     */
    static byte[] bytes(Map<String, Tensor> tensors, Map<String, String> metadata) {
        ObjectNode header = JSON.createObjectNode();
        if (!metadata.isEmpty()) header.set(METADATA, JSON.valueToTree(metadata));
        long offset = 0;
        for (var e : tensors.entrySet()) {
            Tensor t = e.getValue();
            String type = NAMES.get(t.dtype());
            if (type == null) throw new IllegalArgumentException(e.getKey() + " is " + t.dtype() + ", which safetensors files cannot hold");
            if (e.getKey().equals(METADATA)) throw new IllegalArgumentException("a tensor cannot be named " + METADATA);
            ObjectNode entry = header.putObject(e.getKey()).put("dtype", type);
            var shape = entry.putArray("shape");
            for (long s : t.shape()) shape.add(s);
            long end = offset + t.numel() * t.dtype().bytes();
            entry.putArray("data_offsets").add(offset).add(end);
            offset = end;
        }
        byte[] json = header.toString().getBytes(StandardCharsets.UTF_8);
        int length = (json.length + 7) / 8 * 8;
        byte[] all = ByteBuffer.allocate(8 + length).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put(json).array();
        Arrays.fill(all, 8 + json.length, all.length, (byte) ' ');
        return all;
    }

    // ---- reading

    /** Returns the bytes after the header. */
    static MemorySegment data(FileBytes file) throws IOException {
        return file.bytes().asSlice(size(file));
    }

    static SafetensorsHeader read(FileBytes file) throws IOException {
        JsonNode json = json(file, file.slice(8, length(file), "the header"));
        var metadata = new LinkedHashMap<String, String>();
        var entries = new LinkedHashMap<String, Entry>();
        for (var p : json.properties()) {
            if (!p.getKey().equals(METADATA)) entries.put(p.getKey(), entry(file, p.getKey(), p.getValue()));
            else for (var m : p.getValue().properties()) metadata.put(m.getKey(), m.getValue().asText());
        }
        var inOrder = new LinkedHashMap<String, Entry>();
        long size = data(file).byteSize(), next = 0;
        for (var e : entries.entrySet().stream()
                .sorted(Map.Entry
                        .comparingByValue((a, b) -> a.begin != b.begin ? Long.compare(a.begin, b.begin) : Long.compare(a.end, b.end)))
                .toList()) {
            Entry place = e.getValue();
            if (place.end > size)
                throw damaged(file,
                        e.getKey() + " lies outside the file, at [" + place.begin + "," + place.end + "] of " + size + " bytes");
            if (place.begin != next)
                throw damaged(file, e.getKey() + (place.begin < next ? " overlaps the tensor before it" : " "
                        + "leaves a gap before it") + ", at [" + place.begin + "," + place.end + "]");
            inOrder.put(e.getKey(), place);
            next = place.end;
        }
        if (next != size) throw damaged(file, (size - next) + " of its bytes belong to no tensor");
        return new SafetensorsHeader(inOrder, metadata);
    }

    /** Returns the size of the header and its length field together. */
    static long size(FileBytes file) throws IOException {
        return 8 + length(file);
    }

    private static long length(FileBytes file) throws IOException {
        long length = file.size() < 8 ? 0 : file.i64(0);
        boolean possible = length >= 2 && length <= MOST_HEADER && length <= file.size() - 8;
        if (!possible && ForeignFile.describe(file) instanceof String foreign) throw file.malformed(foreign);
        if (file.size() < 8) throw damaged(file, "it is " + file.size() + " bytes long");
        if (!possible)
            throw damaged(file, "it begins with a header length of " + Long.toUnsignedString(length));
        return length;
    }

    static JsonNode json(FileBytes file, MemorySegment text) throws MalformedFileException {
        try {
            JsonNode json = JSON.readTree(text.toArray(ValueLayout.JAVA_BYTE));
            if (!json.isObject()) throw damaged(file, "its header is not a JSON object");
            return json;
        } catch (JsonProcessingException e) {
            throw damaged(file, e.getOriginalMessage().startsWith("Duplicate") ? "its header has a name twice: " + e.getOriginalMessage()
                    : "its header is not JSON");
        } catch (IOException e) {
            throw damaged(file, "its header is not JSON: " + e.getMessage());
        }
    }

    private static Entry entry(FileBytes file, String name, JsonNode e) throws MalformedFileException {
        DType dtype = TYPES.get(e.path("dtype").asText());
        if (dtype == null) throw damaged(file, name + " has the unknown type '" + e.path("dtype").asText() + "'");
        JsonNode dims = e.path("shape"), offsets = e.path("data_offsets");
        if (!dims.isArray() || !offsets.isArray() || offsets.size() != 2) throw damaged(file, name + " has no shape and data_offsets");
        var shape = new long[dims.size()];
        for (int i = 0; i < shape.length; i++)
            if ((shape[i] = whole(dims.get(i))) < 0) throw damaged(file, name + " has the impossible shape " + dims);
        long begin = whole(offsets.get(0)), end = whole(offsets.get(1)), elements = Storage.elements(file, name, shape);
        if (begin < 0 || end < begin) throw damaged(file, name + " lies outside the file, at " + offsets);
        if (Math.multiplyHigh(elements, dtype.bytes()) != 0 || end - begin != elements * dtype.bytes())
            throw damaged(file, name + " takes " + (end - begin) + " bytes, but its shape " + dims + " needs " + elements + " × "
                    + dtype.bytes());
        return new Entry(dtype, shape, begin, end);
    }

    private static long whole(JsonNode n) { return n.isIntegralNumber() && n.canConvertToLong() ? n.longValue() : -1; }

    static MalformedFileException damaged(FileBytes file, String how) {
        return file.malformed("it is not a safetensors file, or is "
                + "damaged: " + how);
    }
}
