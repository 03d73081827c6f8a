package panatorch.opcases;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Map;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/** Reads safetensors files, as far as these tests need it: a length, a JSON header of names, types, shapes and places, the bytes. */
public final class Safetensors {
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final Map<String, DType> TYPES =
            Map.of("F64", DType.FLOAT64, "F32", DType.FLOAT32, "F16", DType.FLOAT16, "BF16", DType.BFLOAT16,
                    "I64", DType.INT64, "I32", DType.INT32, "I16", DType.INT16, "I8", DType.INT8, "U8", DType.UINT8, "BOOL", DType.BOOL);

    private final JsonNode header;
    private final MemorySegment bytes;

    private Safetensors(JsonNode header, MemorySegment bytes) {
        this.header = header;
        this.bytes = bytes;
    }

    public static Safetensors map(Path file) throws IOException {
        try (var channel = FileChannel.open(file)) {
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            long length = all.get(LENGTH, 0);
            byte[] json = all.asSlice(8, length).toArray(ValueLayout.JAVA_BYTE);
            return new Safetensors(JsonMapper.builder().build().readTree(json), all.asSlice(8 + length));
        }
    }

    /** Returns a copy of a tensor in the current scope. If its name ends in {@code #c}, its last dimension is (real, imaginary). */
    public Tensor tensor(String name) {
        JsonNode entry = header.get(name);
        if (entry == null) throw new IllegalArgumentException("there is no tensor " + name);
        long from = entry.get("data_offsets").get(0).asLong(), to = entry.get("data_offsets").get(1).asLong();
        var shape = new long[entry.get("shape").size()];
        for (int d = 0; d < shape.length; d++) shape[d] = entry.get("shape").get(d).asLong();
        String type = entry.get("dtype").asText();
        DType dtype = TYPES.get(type);
        if (dtype == null) throw new IllegalArgumentException("the tensor " + name + " has the unknown type " + type);
        Tensor t = Torch.copyOf(bytes.asSlice(from, to - from), dtype, shape);
        // A clone, because operators that resize in place refuse a view.
        return name.endsWith("#c") ? Aten.viewAsComplex(t).clone() : t;
    }
}
