package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Aten;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What every kind of file keeps: types, shapes, strides, shared memory; and where what is loaded lies. */
@NoTensorLeaks
class WeightsTest {
    @TempDir
    Path folder;

    private static final List<DType> TYPES = List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.INT64, DType.INT32,
            DType.INT16, DType.INT8, DType.UINT8, DType.BOOL,
            DType.UINT16, DType.UINT32, DType.UINT64, DType.FLOAT8_E4M3FN, DType.FLOAT8_E5M2, DType.COMPLEX64, DType.COMPLEX128);

    private static Map<String, Tensor> tensors(List<DType> types) {
        var tensors = new LinkedHashMap<String, Tensor>();
        for (DType t : types) tensors.put(t.toString(), Aten.arange(6).to(DType.FLOAT32).to(t).reshape(2, 3));
        tensors.put("transposed", Aten.arange(6).to(DType.FLOAT32).reshape(2, 3).t());
        tensors.put("expanded", Torch.scalar(2).expand(3, 2));
        tensors.put("scalar", Torch.scalar(3));
        tensors.put("empty", Torch.zeros(DType.FLOAT32, 0, 4));
        return tensors;
    }

    private static void assertSame(Map<String, Tensor> actual, Map<String, Tensor> expected) {
        assertThat(actual.keySet()).containsExactlyElementsOf(expected.keySet());
        expected.forEach((name, t) -> {
            assertThat(actual.get(name).dtype()).isEqualTo(t.dtype());
            assertThat(actual.get(name).shape()).isEqualTo(t.shape());
            assertThat(bytes(actual.get(name))).as(name).isEqualTo(bytes(t));
        });
    }

    private static List<Byte> bytes(Tensor t) {
        try (var arena = Arena.ofConfined()) {
            byte[] bytes = t.contiguous().data(arena).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
            return java.util.stream.IntStream.range(0, bytes.length).mapToObj(i -> bytes[i]).toList();
        }
    }

    @Test void every_type_shape_and_stride_comes_back_from_a_file_of_torch_save() throws IOException {
        try (var scope = Scope.open()) {
            var tensors = tensors(TYPES);
            Path file = folder.resolve("a.pt");
            TorchFile.save(file, tensors);
            var loaded = StateDicts.load(file);
            assertSame(loaded, tensors);
            assertThat(loaded.get("transposed").strides()).containsExactly(1, 3);
            assertThat(loaded.get("expanded").strides()).containsExactly(0, 0);
        }
    }

    @Test void every_type_of_numpy_comes_back_from_npz_and_npy() throws IOException {
        try (var scope = Scope.open()) {
            var tensors = tensors(TYPES.stream().filter(t -> t != DType.BFLOAT16 && !t.toString().startsWith("float8")).toList());
            Path file = folder.resolve("a.npz");
            Npy.saveAll(file, tensors);
            assertSame(StateDicts.load(file), tensors);
            Npy.save(folder.resolve("a.npy"), tensors.get("transposed"));
            assertThat(Npy.load(folder.resolve("a.npy")).torchEquals(tensors.get("transposed"))).isTrue();
            assertThatThrownBy(() -> Npy.save(folder.resolve("b.npy"), Torch.ones(DType.BFLOAT16, 2)))
                    .hasMessageContaining("the tensor is bfloat16, which NumPy does not have");
        }
    }

    @Test void sharded_files_are_found_by_their_index_and_nowhere_else() throws IOException {
        try (var scope = Scope.open()) {
            var tensors = tensors(List.of(DType.FLOAT32, DType.FLOAT64, DType.INT8));
            Path index = Safetensors.saveSharded(folder, tensors, Map.of("format", "pt"), 50);
            assertThat(Files.exists(folder.resolve("model-00001-of-00004.safetensors"))).isTrue();
            assertSame(StateDicts.load(index), tensors);
            Files.writeString(index, "{\"weight_map\":{\"a\":\"../secret.safetensors\"}}");
            assertThatThrownBy(() -> Safetensors.load(index)).hasMessageContaining("a refers to '../secret.safetensors', which is not "
                    + "a file beside the index");
        }
    }

    @Test void plain_values_come_back_beside_the_tensors() throws IOException {
        var values = new LinkedHashMap<String, Object>();
        values.put("none", null);
        values.put("text", "größer");
        values.put("numbers",
                List.of(1L, -1L, 255L, 65536L, Long.MIN_VALUE, 0.5, true, new java.math.BigInteger("123456789012345678901234567890")));
        values.put("nested", Map.of(3L, List.of(Map.of("a", List.of()))));
        values.put("complex", new Complex(1, -2));
        values.put("dtype", DType.BFLOAT16);
        values.put("device", panatorch.Device.cuda(1));
        values.put("set", java.util.Set.of(7L));
        Path file = folder.resolve("a.pt");
        TorchFile.save(file, values);
        assertThat(TorchFile.load(file)).isEqualTo(values);
        TorchFile.save(file, Map.of("bytes", new byte[] {0, -1, 127}));
        assertThat((byte[]) ((Map<?, ?>) TorchFile.load(file)).get("bytes")).containsExactly(0, -1, 127);
    }

    @Test void tensors_that_shared_memory_share_it_again_and_a_row_does_not_take_its_matrix_along() throws IOException {
        try (var scope = Scope.open()) {
            Tensor matrix = Torch.zeros(1000, 1000), row = matrix.select(0, 7);
            Path file = folder.resolve("a.pt");
            TorchFile.save(file, List.of(row, row.narrow(0, 10, 5)));
            assertThat(Files.size(file)).isLessThan(8000);
            var loaded = (List<?>) TorchFile.load(file);
            ((Tensor) loaded.get(0)).fill_(3);
            assertThat(((Tensor) loaded.get(1)).toFloatArray()).containsOnly(3);
        }
    }

    @Test void a_parameter_is_one_that_requires_gradients() throws IOException {
        try (var scope = Scope.open()) {
            Path file = folder.resolve("a.pt");
            TorchFile.save(file, List.of(Torch.ones(2).requiresGrad_(), Torch.ones(2)));
            var loaded = (List<?>) TorchFile.load(file);
            assertThat(((Tensor) loaded.get(0)).requiresGrad()).isTrue();
            assertThat(((Tensor) loaded.get(0)).gradFn()).isNull();
            assertThat(((Tensor) loaded.get(1)).requiresGrad()).isFalse();
        }
    }

    @Test void names_of_a_data_parallel_model_lose_their_prefix() throws IOException {
        try (var scope = Scope.open()) {
            Path file = folder.resolve("a.pt");
            TorchFile.save(file,
                    Map.of("epoch", 3, "state_dict", Map.of("module.weight", Torch.ones(2).requiresGrad_(), "module.count", 7L)));
            assertThat(StateDicts.load(file)).containsOnlyKeys("weight");
            assertThat(StateDicts.load(file).get("weight").requiresGrad()).isFalse();
            TorchFile.save(file, Map.of("epoch", 3));
            assertThatThrownBy(() -> StateDicts.load(file)).isInstanceOf(MalformedFileException.class)
                    .hasMessageContaining("it holds no named tensors");
        }
    }

    // ---- copied

    private static void save(Path file, Map<String, Tensor> tensors) throws IOException {
        String name = file.getFileName().toString();
        if (name.endsWith(".pt")) TorchFile.save(file, tensors);
        else if (name.endsWith(".npz")) Npy.saveAll(file, tensors);
        else if (name.endsWith(".npy")) Npy.save(file, tensors.get("weight"));
        else if (name.endsWith(".ckpt")) Checkpoints.write(file, tensors);
        else if (name.endsWith(".json")) Safetensors.saveSharded(file.getParent(), tensors, Map.of(), 20_000);
        else Safetensors.save(file, tensors, Map.of());
    }

    private static Map<?, ?> load(Path file) throws IOException {
        String name = file.getFileName().toString();
        return name.endsWith(".npy") ? Map.of("weight", Npy.load(file))
                : name.endsWith(".ckpt") ? Checkpoints.read(file) : StateDicts.load(file);
    }

    private static final List<String> KINDS = List.of("a.safetensors", "a.pt", "a.npz", "a.npy", "a.ckpt", "model.safetensors.index.json");

    @Test void what_was_loaded_stays_as_it_was_whatever_becomes_of_the_file() throws IOException {
        try (var scope = Scope.open()) {
            for (String name : KINDS) {
                Path file = folder.resolve(name);
                save(file, Map.of("weight", Torch.ones(64, 64), "other", Torch.zeros(64, 64)));
                Tensor t = (Tensor) load(file).get("weight");
                try (var files = Files.list(folder)) {
                    for (Path f : files.toList()) {
                        try (var overwritten = new RandomAccessFile(f.toFile(), "rw")) {
                            overwritten.write(new byte[(int) overwritten.length()]);
                            overwritten.setLength(1);
                        }
                    }
                }
                assertThat(t.sum().itemDouble()).as(name).isEqualTo(4096);
                if (Files.exists(Path.of("/proc/self/maps"))) assertThat(mappedFile(t)).as(name).doesNotStartWith("/");
            }
        }
    }

    @Test void a_tensor_that_is_kept_alone_keeps_no_memory_of_the_others() throws IOException {
        for (String name : List.of("a.safetensors", "a.pt", "a.npz")) {
            Path file = folder.resolve(name);
            try (var scope = Scope.open()) {
                var tensors = new LinkedHashMap<String, Tensor>();
                for (int i = 0; i < 64; i++) tensors.put("w" + i, Torch.ones(1 << 19));
                save(file, tensors);
            }
            long before = Torch.memoryStats().residentBytes();
            for (int i = 0; i < 8; i++) StateDicts.load(file).values().forEach(Tensor::close);
            try (var scope = Scope.open()) {
                var kept = Scope.open();
                Tensor one = kept.move(StateDicts.load(file).get("w7"));
                kept.close();
                assertThat(one.sum().itemDouble()).isEqualTo(1 << 19);
                assertThat(Torch.memoryStats().residentBytes() - before).as(name + " of 134 MB, read nine times").isLessThan(64 << 20);
            }
        }
    }

    @FunctionalInterface
    private interface Change {
        void of(RandomAccessFile file) throws IOException;
    }

    /** Reads a file but for its second half, changes it, and reads the rest. */
    private void assertChangeIsSeen(Change change, boolean backdated, String how) throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (var scope = Scope.open()) {
            Safetensors.save(path, Map.of("weight", Torch.ones(1 << 20)), Map.of());
            FileTime time = FileTime.from(Instant.parse("2020-01-01T00:00:00Z"));
            Files.setLastModifiedTime(path, time);
            try (var file = FileBytes.open(path, Reading.COPIED)) {
                file.load(file.bytes().asSlice(0, file.size() / 2));
                file.requireUnchanged(0, 100);
                try (var other = new RandomAccessFile(path.toFile(), "rw")) {
                    change.of(other);
                }
                if (backdated) Files.setLastModifiedTime(path, time);
                assertThatThrownBy(() -> {
                    file.copyOf(file.bytes().asSlice(file.size() / 2));
                    file.requireUnchanged(0, 100);
                }).isInstanceOf(MalformedFileException.class)
                        .hasMessage(path + ": it was " + how + " while it was read; read it again once nobody writes to it");
            }
        }
    }

    @Test void a_file_that_changes_while_it_is_read_is_refused() throws IOException {
        assertChangeIsSeen(file -> {
            file.seek(1 << 20);
            file.write(1);
        }, false, "written to");
        assertChangeIsSeen(file -> {
            file.seek(20);
            file.write(' ');
        }, true, "written to");
        assertChangeIsSeen(file -> file.setLength(file.length() + 1), true, "written to");
        assertChangeIsSeen(file -> file.setLength(file.length() - 1), true, "cut short");
    }

    @Test void a_file_may_be_replaced_while_it_is_loaded() throws Exception {
        Path file = folder.resolve("a.safetensors");
        try (var scope = Scope.open()) {
            Safetensors.save(file, Map.of("weight", Torch.ones(1 << 20)), Map.of());
            var stop = new AtomicBoolean();
            var writer = Thread.ofPlatform().start(() -> {
                try (var other = Scope.open()) {
                    for (int round = 2; !stop.get(); round++)
                        Safetensors.save(file, Map.of("weight", Torch.full(new long[] {1 << 20}, round)), Map.of());
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            try {
                for (int i = 0; i < 20; i++) {
                    Tensor t = Safetensors.load(file).get("weight");
                    assertThat(t.min().itemDouble()).isEqualTo(t.max().itemDouble());
                }
            } finally {
                stop.set(true);
                writer.join();
            }
        }
    }

    @Test void a_file_is_saved_onto_itself_while_its_tensors_are_mapped() throws IOException {
        try (var scope = Scope.open()) {
            for (String name : List.of("a.safetensors", "a.pt", "a.npz")) {
                Path file = folder.resolve(name);
                save(file, Map.of("weight", Torch.ones(64, 64)));
                var mapped = StateDicts.load(file, Reading.MAPPED);
                save(file, Map.of("weight", mapped.get("weight").mul(3)));
                assertThat(mapped.get("weight").sum().itemDouble()).as(name).isEqualTo(4096);
                save(file, mapped);
                assertThat(StateDicts.load(file).get("weight").sum().itemDouble()).as(name).isEqualTo(4096);
            }
        }
    }

    // ---- mapped, not read

    @Test void tensors_of_a_mapped_file_are_the_mapping_and_what_is_written_to_them_does_not_reach_the_file() throws IOException {
        try (var scope = Scope.open()) {
            var tensors = Map.of("weight", Torch.ones(64, 64));
            for (String name : List.of("a.safetensors", "a.pt", "a.npz")) {
                Path file = folder.resolve(name);
                if (name.equals("a.pt")) TorchFile.save(file, tensors);
                else if (name.equals("a.npz")) Npy.saveAll(file, tensors);
                else Safetensors.save(file, tensors, Map.of());
                byte[] before = Files.readAllBytes(file);
                Tensor t = StateDicts.load(file, Reading.MAPPED).get("weight");
                if (Files.exists(Path.of("/proc/self/maps"))) assertThat(mappedFile(t)).as(name).isEqualTo(file.toRealPath().toString());
                System.gc(); // the mapping is kept by the tensor alone
                t.fill_(2);
                assertThat(Files.readAllBytes(file)).as(name).isEqualTo(before);
                assertThat(StateDicts.load(file).get("weight").sum().itemDouble()).isEqualTo(4096);
            }
        }
    }

    private static String mappedFile(Tensor t) throws IOException {
        try (var arena = Arena.ofConfined()) {
            long address = t.data(arena).address();
            for (String line : Files.readAllLines(Path.of("/proc/self/maps"))) {
                String[] range = line.split("[- ]", 3);
                if (Long.compareUnsigned(Long.parseUnsignedLong(range[0], 16), address) <= 0
                        && Long.compareUnsigned(address, Long.parseUnsignedLong(range[1], 16)) < 0)
                    return line.substring(Math.max(0, line.indexOf('/')));
            }
            return "nowhere";
        }
    }

    @Test void four_gigabytes_that_are_mapped_are_there_at_once_and_take_no_memory() throws IOException {
        byte[] header =
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1073741824],\"data_offsets\":[0,4294967296]}}".getBytes(StandardCharsets.US_ASCII);
        Path file = folder.resolve("large.safetensors");
        try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
            sparse.write(header);
            sparse.setLength(8 + header.length + (1L << 32));
        }
        try (var scope = Scope.open()) {
            long before = Torch.memoryStats().residentBytes();
            Tensor w = StateDicts.load(file, Reading.MAPPED).get("w");
            assertThat(w.select(0, 1_000_000_000).itemDouble()).isZero();
            assertThat(Torch.memoryStats().residentBytes() - before).isLessThan(200 << 20);
        }
    }

    @Test void arrays_of_numpy_that_tensors_cannot_be_are_refused_by_what_they_are() throws IOException {
        assertRefusedArray("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }", "it is big-endian ('>f4')");
        assertRefusedArray("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
                "it holds Python objects, which are refused because reading them runs code");
        assertRefusedArray("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "it has 4 bytes of data, but its shape [2] "
                + "needs 2 × 4");
        assertRefusedArray("{'descr': '<U7', 'fortran_order': False, 'shape': (1,), }", "it has the type '<U7'");
        assertRefusedArray("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "it holds records of several "
                + "fields");
        assertRefusedArray("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
                "a header that does not describe an array");
        assertRefusedArray("{'descr': '<f4', 'fortran_order': False, 'shape': (999999999999, 999999999999), }", "the impossible shape");
    }

    private void assertRefusedArray(String header, String why) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.US_ASCII),
                file = Arrays.copyOf(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) text.length, 0}, 10 + text.length + 4);
        System.arraycopy(text, 0, file, 10, text.length);
        Path path = Files.write(folder.resolve("a.npy"), file);
        assertThatThrownBy(() -> Npy.load(path)).isInstanceOf(MalformedFileException.class).hasMessageContaining(why);
    }
}
