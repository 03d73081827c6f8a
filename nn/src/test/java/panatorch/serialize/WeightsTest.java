package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Aten;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What every kind of file keeps: types, shapes, strides and shared memory. */
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

    @Test void arrays_of_numpy_that_tensors_cannot_be_are_refused_by_what_they_are() throws IOException {
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
