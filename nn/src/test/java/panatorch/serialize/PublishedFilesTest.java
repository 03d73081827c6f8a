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
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.InstanceNorm1d;
import panatorch.nn.Linear;

/** Files as people really have them: written by other programs, older versions or wrapped models, or something else altogether. */
@NoTensorLeaks
class PublishedFilesTest {
    @TempDir
    Path folder;

    // ---- NumPy

    private static byte[] npy(String header, byte[] data) {
        byte[] text = (header + " ".repeat(Math.max(0, 117 - header.length())) + "\n").getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(10 + text.length + data.length).order(ByteOrder.LITTLE_ENDIAN)
                .put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0}).putShort((short) text.length).put(text).put(data).array();
    }

    private static byte[] floats(float... values) {
        var b = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        for (float v : values) b.putFloat(v);
        return b.array();
    }

    private Path file(String name, byte[] bytes) throws IOException { return Files.write(folder.resolve(name), bytes); }

    @ParameterizedTest
    @ValueSource(strings = {"{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}",
        "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": [2, 3]}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L), }",
        "{'descr':'<f4','fortran_order':False,'shape':(2,3,)}"}) void headers_may_have_any_order_and_quotes(String header)
                throws IOException {
        Path f = file("a.npy", npy(header, floats(0, 1, 2, 3, 4, 5)));
        try (var scope = Scope.open()) {
            Tensor t = Npy.load(f);
            assertThat(t.shape()).containsExactly(2, 3);
            assertThat(t.flatten(0, -1).toFloatArray()).containsExactly(0, 1, 2, 3, 4, 5);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{'descr': '<f4', 'fortran_order': False}", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, x)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ((((((((((2))))))))))}",
        "os.system('x')",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}"}) void other_headers_are_refused(
                String header) throws IOException {
        Path f = file("a.npy", npy(header, floats(0)));
        assertThatThrownBy(() -> Npy.load(f)).isInstanceOf(MalformedFileException.class).hasMessageContaining("a.npy")
                .hasMessageContaining("header that does not describe an array");
    }

    @Test void arrays_that_were_appended_to_a_file_are_read_one_after_the_other() throws IOException {
        byte[] one = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", floats(7)),
                two = npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", floats(8, 9));
        Path f = file("a.npy", ByteBuffer.allocate(one.length + two.length).put(one).put(two).array());
        try (var scope = Scope.open()) {
            assertThat(Npy.load(f).toFloatArray()).containsExactly(7);
            List<Tensor> all = Npy.loadAppended(f);
            assertThat(all).hasSize(2);
            assertThat(all.getLast().toFloatArray()).containsExactly(8, 9);
        }
        Path cut = file("cut.npy", ByteBuffer.allocate(one.length + 20).put(one).put(two, 0, 20).array());
        assertThatThrownBy(() -> Npy.loadAppended(cut)).isInstanceOf(MalformedFileException.class);
    }

    private Path npz(Map<String, byte[]> entries) throws IOException {
        Path f = folder.resolve("a.npz");
        try (var zip = new ZipOutputStream(Files.newOutputStream(f))) {
            for (var e : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(e.getKey()));
                zip.write(e.getValue());
            }
        }
        return f;
    }

    @Test void arrays_that_tensors_cannot_hold_do_not_hide_the_others() throws IOException {
        var entries = new LinkedHashMap<String, byte[]>();
        entries.put("names.npy", npy("{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }", floats(0)));
        entries.put("objects.npy", npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", floats(0)));
        entries.put("records.npy", npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", floats(0)));
        entries.put("readme.txt", "text".getBytes(StandardCharsets.UTF_8));
        entries.put("w.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", floats(1, 2)));
        try (var scope = Scope.open()) {
            Map<String, Tensor> arrays = Npy.loadAll(npz(entries));
            assertThat(arrays).containsOnlyKeys("w");
            assertThat(arrays.get("w")).isNotNull().satisfies(w -> assertThat(w.toFloatArray()).containsExactly(1, 2));
        }
        entries.remove("w.npy");
        Path none = npz(entries);
        assertThatThrownBy(() -> Npy.loadAll(none)).isInstanceOf(MalformedFileException.class).hasMessageContaining("<U1");
    }

    @Test void a_mask_that_compresses_a_thousandfold_is_no_bomb() throws IOException {
        int n = 9_000_000;
        byte[] mask = npy("{'descr': '<f8', 'fortran_order': False, 'shape': (" + n + ",), }", new byte[8 * n]);
        Path f = npz(Map.of("mask.npy", mask));
        assertThat(Files.size(f)).isLessThan(100_000);
        try (var scope = Scope.open()) {
            Tensor t = java.util.Objects.requireNonNull(Npy.loadAll(f).get("mask"));
            assertThat(t.shape()).containsExactly(n);
            assertThat(t.sum().itemDouble()).isZero();
        }
        Path bomb = npz(Map.of("mask.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", new byte[8 * n])));
        assertThatThrownBy(() -> Npy.loadAll(bomb)).as("more bytes than the header declares").isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("would inflate");
    }

    // ---- safetensors

    @ParameterizedTest
    @EnumSource(Reading.class) void numbers_may_begin_at_an_odd_address(Reading reading) throws IOException {
        String header = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F64\",\"shape\":[1],"
                + "\"data_offsets\":[8,16]}}";
        header += " ".repeat(Math.floorMod(1 - header.length(), 8));
        var b = ByteBuffer.allocate(8 + header.length() + 16).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length())
                .put(header.getBytes(StandardCharsets.US_ASCII)).putFloat(1.5f).putFloat(-2).putDouble(3.25);
        Path f = file("a.safetensors", b.array());
        try (var scope = Scope.open()) {
            Map<String, Tensor> t = Safetensors.load(f, reading);
            assertThat(java.util.Objects.requireNonNull(t.get("a")).toFloatArray()).containsExactly(1.5f, -2);
            assertThat(java.util.Objects.requireNonNull(t.get("b")).toDoubleArray()).containsExactly(3.25);
        }
    }

    // ---- names

    private List<String> namesAfterLoading(Object saved) throws IOException {
        Path f = folder.resolve("w.pt");
        TorchFile.save(f, saved);
        try (var scope = Scope.open()) {
            return List.copyOf(StateDicts.load(f).keySet());
        }
    }

    private static Map<String, Tensor> under(String... names) {
        var map = new LinkedHashMap<String, Tensor>();
        for (String n : names) map.put(n, Torch.zeros(1));
        return map;
    }

    @Test void what_wraps_a_model_leaves_no_trace_in_the_names() throws IOException {
        try (var scope = Scope.open()) {
            assertThat(namesAfterLoading(under("_orig_mod.weight", "_orig_mod.bias"))).containsExactly("weight", "bias");
            assertThat(namesAfterLoading(under("module._orig_mod.weight"))).containsExactly("weight");
            assertThat(namesAfterLoading(under("module.module.weight"))).containsExactly("weight");
            assertThat(namesAfterLoading(under("encoder._orig_mod.weight", "head.bias"))).containsExactly("encoder.weight", "head.bias");
            assertThat(namesAfterLoading(under("module.weight", "head.bias"))).as("a module of this name").containsExactly("module.weight",
                    "head.bias");
            assertThat(namesAfterLoading(Map.of("module", under("a"), "epoch", 3L))).containsExactly("a");
            assertThat(namesAfterLoading(Map.of("generator_weights", under("a"), "step", 3L))).as("the only dict of tensors")
                    .containsExactly("a");
            assertThat(namesAfterLoading(Map.of("checkpoint", Map.of("inner", under("_orig_mod.a")))))
                    .as("nested").containsExactly("a");
            assertThatThrownBy(() -> namesAfterLoading(Map.of("generator", under("a"), "discriminator", under("b"))))
                    .isInstanceOf(MalformedFileException.class).hasMessageContaining("2 dicts of tensors");
        }
    }

    @Test void an_index_may_name_files_of_torch_save() throws IOException {
        try (var scope = Scope.open()) {
            TorchFile.save(folder.resolve("part-1.bin"), under("a"));
            TorchFile.save(folder.resolve("part-2.bin"), under("b"));
        }
        Path index = file("pytorch_model.bin.index.json",
                "{\"metadata\":{},\"weight_map\":{\"a\":\"part-1.bin\",\"b\":\"part-2.bin\"}}".getBytes(StandardCharsets.UTF_8));
        try (var scope = Scope.open()) {
            assertThat(StateDicts.load(index)).containsOnlyKeys("a", "b");
        }
    }

    // ---- weights of old versions

    @Test void batch_norms_of_before_batches_were_counted_load_strictly() {
        try (var scope = Scope.open(); var norm = new BatchNorm1d(2);
                var instance = new InstanceNorm1d(InstanceNorm1d.options(2).trackRunningStats(true)); var linear = new Linear(1, 1)) {
            for (var module : List.of(norm, instance)) {
                var state = new LinkedHashMap<>(module.stateDict());
                assertThat(state).containsKey("num_batches_tracked");
                state.remove("num_batches_tracked");
                state.put("running_mean", Torch.tensor(new float[] {3, 4}));
                var report = module.loadStateDict(state);
                assertThat(report.missing()).isEmpty();
                assertThat(module.buffer("running_mean").toFloatArray()).containsExactly(3, 4);
                state.remove("running_var");
                assertThatThrownBy(() -> module.loadStateDict(state)).hasMessageContaining("running_var");
            }
            var state = new LinkedHashMap<>(norm.stateDict());
            state.put("num_batches_tracked", Torch.tensor(new long[] {5}));
            norm.loadStateDict(state);
            assertThat(norm.buffer("num_batches_tracked").itemLong()).as("a scalar as PyTorch 0.3 wrote it").isEqualTo(5);
            var wrong = new LinkedHashMap<>(linear.stateDict());
            wrong.put("bias", Torch.zeros(2));
            assertThatThrownBy(() -> linear.loadStateDict(wrong)).hasMessageContaining("size mismatch for bias");
        }
    }

    // ---- no weights at all

    private void assertCalled(String what, byte[] bytes) throws IOException {
        Path f = file("weights.bin", bytes);
        assertThatThrownBy(() -> StateDicts.load(f)).isInstanceOf(MalformedFileException.class).hasMessageContaining("weights.bin")
                .hasMessageContaining(what);
        assertThatThrownBy(() -> TorchFile.load(f)).isInstanceOf(MalformedFileException.class).hasMessageContaining(what);
    }

    @Test void big_endian_arrays_are_read_in_both_orders_alone_and_in_archives() throws IOException {
        byte[] doubles =
                ByteBuffer.allocate(48).putDouble(1.5).putDouble(-2).putDouble(3).putDouble(4).putDouble(5).putDouble(6.25).array();
        byte[] complex = ByteBuffer.allocate(16).putFloat(1).putFloat(2).putFloat(-3).putFloat(0.5f).array();
        byte[] shorts = ByteBuffer.allocate(6).putShort((short) 258).putShort((short) -1).putShort(Short.MIN_VALUE).array();
        Path alone = Files.write(folder.resolve("big.npy"), npy("{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }", doubles));
        Path archive = folder.resolve("big.npz");
        try (var zip = new ZipOutputStream(Files.newOutputStream(archive))) {
            zip.putNextEntry(new ZipEntry("z.npy"));
            zip.write(npy("{'descr': '>c8', 'fortran_order': False, 'shape': (2,), }", complex));
            zip.putNextEntry(new ZipEntry("s.npy"));
            zip.write(npy("{'descr': '>i2', 'fortran_order': False, 'shape': (3,), }", shorts));
            zip.putNextEntry(new ZipEntry("b.npy"));
            zip.write(npy("{'descr': '>u1', 'fortran_order': False, 'shape': (2,), }", new byte[] {7, -1}));
        }
        try (var scope = Scope.open()) {
            for (Reading reading : Reading.values()) {
                Tensor array = Npy.load(alone, reading);
                assertThat(array.shape()).containsExactly(2, 3);
                assertThat(array.reshape(-1).toDoubleArray()).containsExactly(1.5, 3, 5, -2, 4, 6.25);
                Map<String, Tensor> arrays = Npy.loadAll(archive, reading);
                assertThat(Aten.viewAsReal(arrays.get("z")).reshape(-1).toFloatArray()).containsExactly(1, 2, -3, 0.5f);
                assertThat(arrays.get("s").to(DType.INT64).toLongArray()).containsExactly(258, -1, Short.MIN_VALUE);
                assertThat(arrays.get("b").to(DType.INT64).toLongArray()).containsExactly(7, 255);
            }
        }
    }

    @Test void what_is_no_weight_file_is_called_what_it_is() throws IOException {
        assertCalled("Git LFS pointer",
                "version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 45\n".getBytes(StandardCharsets.UTF_8));
        assertCalled("HTML page", "\n <!DOCTYPE html><html><body>Sign in</body></html>".getBytes(StandardCharsets.UTF_8));
        assertCalled("gzip", new byte[] {0x1f, (byte) 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2});
        assertCalled("GGUF", "GGUF\3\0\0\0and more".getBytes(StandardCharsets.ISO_8859_1));
        assertCalled("HDF5", new byte[] {(byte) 0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n', 0, 0, 0, 0});
        var tar = new byte[512];
        System.arraycopy("ustar".getBytes(StandardCharsets.US_ASCII), 0, tar, 257, 5);
        assertCalled("tar archive", tar);
        assertCalled("empty", new byte[0]);
        assertCalled("JSON", "{\"error\": \"not found\"}".getBytes(StandardCharsets.UTF_8));
        Path npy = file("a.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", floats(1)));
        assertThatThrownBy(() -> StateDicts.load(npy)).hasMessageContaining("Npy.load");
    }
}
