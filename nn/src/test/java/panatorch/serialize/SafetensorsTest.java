package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class SafetensorsTest {
    @TempDir
    Path folder;

    @Test void what_was_saved_comes_back() throws IOException {
        try (var scope = Scope.open()) {
            var tensors = new LinkedHashMap<String, Tensor>();
            for (DType t : new DType[] {DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.INT64, DType.INT32, DType.INT16,
                DType.INT8, DType.UINT8, DType.BOOL})
                tensors.put("layer." + t, Aten.arange(6).to(t).reshape(2, 3));
            tensors.put("transposed", Aten.arange(6).to(DType.FLOAT32).reshape(2, 3).t());
            tensors.put("scalar", Torch.scalar(3));
            tensors.put("empty", Torch.zeros(DType.FLOAT32, 0, 4));
            Path file = folder.resolve("a.safetensors");
            Safetensors.save(file, tensors, Map.of("model", "resnet20"));
            var content = Safetensors.read(file);
            assertThat(content.metadata()).containsExactly(Map.entry("model", "resnet20"));
            assertThat(content.tensors().keySet()).isEqualTo(tensors.keySet());
            tensors.forEach((name, t) -> {
                assertThat(content.tensors().get(name).dtype()).isEqualTo(t.dtype());
                assertThat(content.tensors().get(name).shape()).isEqualTo(t.shape());
                assertThat(content.tensors().get(name).torchEquals(t)).as(name).isTrue();
            });
            try (var files = Files.list(folder)) {
                assertThat(files).containsExactly(file);
            }
        }
    }

    private Path file(String header, int dataBytes) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return Files.write(folder.resolve("bad.safetensors"),
                ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).put(json).array());
    }

    private void assertRefused(Path file, String how) {
        assertThatThrownBy(() -> Safetensors.load(file)).isInstanceOf(IOException.class).hasMessageContaining("bad.safetensors")
                .hasMessageContaining(how);
    }

    @Test void a_damaged_file_is_refused_with_its_name_and_fault() throws IOException {
        assertRefused(folder.resolve("bad.safetensors"), "there is no file");
        assertRefused(Files.write(folder.resolve("bad.safetensors"), new byte[3]), "it is 3 bytes long");
        assertRefused(Files.write(folder.resolve("bad.safetensors"), new byte[] {-1, -1, -1, -1, -1, -1, -1, 127, 0}),
                "header length of 9223372036854775807");
        assertRefused(file("{\"a\":", 0), "not JSON");
        assertRefused(file("[1]    ", 0), "not a JSON object");
        assertRefused(file("{\"a\":{\"dtype\":\"F99\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4), "unknown type 'F99'");
        assertRefused(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4), "no shape and data_offsets");
        assertRefused(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4), "outside the file");
        assertRefused(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4), "takes 4 bytes, but its shape [2] "
                + "needs 2 × 4");
        assertRefused(file("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4), "impossible shape");
        assertRefused(file("{\"a\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,0]}}", 4), "impossible shape");
        String a = "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}";
        assertRefused(file("{" + a + "," + a + "}", 4), "a name twice");
        assertRefused(file("{" + a + "," + a.replace("\"a\"", "\"b\"") + "}", 4), "b overlaps the tensor before it");
        assertRefused(file("{" + a + "," + a.replace("\"a\"", "\"b\"").replace("[0,4]", "[5,9]") + "}", 9), "b leaves a gap before it");
        assertRefused(file("{" + a + "}", 7), "3 of its bytes belong to no tensor");
        assertRefused(file("[".repeat(100_000), 0), "not JSON");
    }

    @Test void an_interrupted_write_leaves_the_old_file_and_no_rubbish() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "old");
        assertThatThrownBy(() -> AtomicFile.write(file, channel -> {
            channel.write(ByteBuffer.wrap(new byte[] {1}));
            throw new IOException("disk full");
        })).hasMessage("disk full");
        assertThat(file).hasContent("old");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }
}
