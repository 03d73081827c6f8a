package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.Complex;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.fuzz.Main;
import panatorch.jit.ScriptModule;
import panatorch.junit.NoTensorLeaks;
import panatorch.serialize.Checkpoints;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Npy;
import panatorch.serialize.NumpyArray;
import panatorch.serialize.Reading;
import panatorch.serialize.Safetensors;
import panatorch.serialize.StateDicts;
import panatorch.serialize.TorchFile;

/**
 * Weight files from Python in Java and from Java in Python, of every kind and type; {@code src/test/python/weight_files.py} made the
 * former, and reads the latter.
 */
@NoTensorLeaks
class WeightFilesTest {
    private static final Path FILES = Path.of("src/test/resources/serialize");
    private static final Path SCRIPT = Path.of("src/test/python/weight_files.py");
    private static final List<DType> TYPES = List.of(DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.BFLOAT16, DType.INT64, DType.INT32,
            DType.INT16, DType.INT8, DType.UINT8, DType.BOOL,
            DType.UINT16, DType.UINT32, DType.UINT64, DType.FLOAT8_E4M3FN, DType.FLOAT8_E5M2, DType.COMPLEX64, DType.COMPLEX128);
    private static final List<DType> NUMPY = without(DType.BFLOAT16, DType.FLOAT8_E4M3FN, DType.FLOAT8_E5M2);
    private static final List<DType> SAFETENSORS = without(DType.COMPLEX128);

    @TempDir
    Path folder;

    private static List<DType> without(DType... types) { return TYPES.stream().filter(t -> !List.of(types).contains(t)).toList(); }

    // ---- what the script makes

    private static Map<String, Tensor> tensors(List<DType> types) {
        var tensors = new LinkedHashMap<String, Tensor>();
        for (DType t : types) tensors.put(t.toString(), Aten.arange(6).to(DType.FLOAT32).to(t).reshape(2, 3));
        for (DType t : types)
            if (t.isFloatingPoint())
                tensors.put("values." + t, Torch.tensor(new float[] {-1.5f, Float.POSITIVE_INFINITY, Float.NaN, 0, -0f}, 5).to(t));
        tensors.put("scalar", Torch.scalar(3));
        tensors.put("empty", Torch.zeros(0, 4));
        return tensors;
    }

    private static Map<String, Tensor> strided(Map<String, Tensor> tensors) {
        Tensor base = Aten.arange(12).to(DType.FLOAT32);
        tensors.put("shared.whole", base);
        tensors.put("shared.view", base.narrow(0, 2, 6).reshape(2, 3));
        tensors.put("shared.transposed", base.reshape(3, 4).t());
        tensors.put("expanded", Torch.scalar(2).expand(3, 2));
        return tensors;
    }

    private static Map<String, Object> plainValues() {
        var values = new LinkedHashMap<String, Object>();
        values.put("none", null);
        values.put("text", "größer");
        values.put("true", true);
        values.put("small", 5L);
        values.put("negative", -70000L);
        values.put("large", 1L << 40);
        values.put("huge", BigInteger.TWO.pow(70));
        values.put("real", 0.1);
        values.put("list", List.of(1L, List.of(2.5, "a"), Map.of()));
        values.put("map", Map.of(0L, Map.of("lr", 0.1)));
        return values;
    }

    private static void assertSame(Map<String, Tensor> actual, Map<String, Tensor> expected) {
        assertThat(actual.keySet()).containsExactlyInAnyOrderElementsOf(expected.keySet());
        expected.forEach((name, t) -> {
            assertThat(actual.get(name).dtype()).as(name).isEqualTo(t.dtype());
            assertThat(actual.get(name).shape()).as(name).isEqualTo(t.shape());
            assertThat(Arrays.equals(bytes(actual.get(name)), bytes(t))).as("%s is %s, and should be %s", name, actual.get(name), t)
                    .isTrue();
        });
    }

    private static byte[] bytes(Tensor t) {
        try (var arena = Arena.ofConfined()) {
            return t.contiguous().data(arena).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    // ---- from Python

    @ParameterizedTest
    @ValueSource(strings = {"zip.pt", "protocol4.pt", "legacy.th"}) void files_of_torch_save_hold_in_java_what_they_hold_in_python(
            String name) throws IOException {
        try (var scope = Scope.open()) {
            Map<String, Tensor> state = StateDicts.load(FILES.resolve(name));
            boolean legacy = name.equals("legacy.th");
            assertSame(state, strided(tensors(legacy ? without(DType.UINT16, DType.UINT32, DType.UINT64) : TYPES)));
            assertThat(state.get("shared.transposed").strides()).containsExactly(1, 4);
            assertThat(state.get("expanded").strides()).containsExactly(0, 0);
            state.get("shared.whole").fill_(7);
            assertThat(state.get("shared.view").toFloatArray()).containsOnly(7);
            assertThat(((Map<?, ?>) TorchFile.load(FILES.resolve(name))).get("values")).isEqualTo(plainValues());
        }
    }

    @Test void what_else_torch_save_puts_into_files_is_read() throws IOException {
        try (var scope = Scope.open()) {
            var read = new LinkedHashMap<Object, Object>((Map<?, ?>) TorchFile.load(FILES.resolve("parameters.pt")));
            assertThat(((Map<?, ?>) read.remove("module")).keySet()).isEqualTo(Set.of("weight", "bias"));
            assertThat(((Tensor) read.remove("parameter")).requiresGrad()).isTrue();
            assertThat(((Tensor) read.remove("conj")).resolveConj().item()).isEqualTo(new Complex(1, -2));
            assertThat((byte[]) read.remove("bytes")).containsExactly(0, -1);
            assertThat(read).isEqualTo(Map.of("size", List.of(2L, 3L), "dtype", DType.BFLOAT16, "device", Device.cuda(1), "tuple",
                    List.of(1L, "a"), "set", Set.of(3L), "complex", new Complex(1, -2),
                    "milestones", Map.of(30L, 1L, 60L, 1L)));
        }
    }

    @Test void big_endian_files_hold_in_java_what_they_hold_in_python() throws IOException {
        try (var scope = Scope.open()) {
            var types = without(DType.UINT16, DType.UINT32, DType.UINT64, DType.FLOAT8_E4M3FN, DType.FLOAT8_E5M2);
            for (Reading reading : Reading.values()) assertSame(StateDicts.load(FILES.resolve("big_endian.pt"), reading), tensors(types));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"arrays.pt", "arrays5.pt"}) void arrays_beside_weights_are_plain_data(String name) throws IOException {
        try (var scope = Scope.open()) {
            assertThat(StateDicts.load(FILES.resolve(name))).containsOnlyKeys("weight");
            var read = (Map<?, ?>) TorchFile.load(FILES.resolve(name));
            var matrix = new double[] {0, 1, 2, 3, 4, 5};
            Tensor fortran = ((NumpyArray) read.get("fortran")).tensor();
            assertThat(fortran.shape()).containsExactly(2, 3);
            assertThat(fortran.toDoubleArray()).containsExactly(matrix);
            NumpyArray big = (NumpyArray) read.get("big");
            assertThat(big.dtype()).isEqualTo(DType.FLOAT32);
            assertThat(big.tensor().toDoubleArray()).containsExactly(matrix);
            Tensor complex = ((NumpyArray) read.get("complex")).tensor();
            assertThat(Aten.real(complex).toDoubleArray()).containsExactly(matrix);
            assertThat(Aten.imag(complex).toDoubleArray()).containsOnly(1);
            assertThat(((NumpyArray) read.get("scalar")).tensor().item()).isEqualTo(7L);
            assertThat(((NumpyArray) read.get("empty")).shape()).containsExactly(0, 2);
            List<?> rng = (List<?>) read.get("rng"); // of numpy.random.RandomState(0)
            assertThat(rng.getFirst()).isEqualTo("MT19937");
            assertThat(((NumpyArray) rng.get(1)).dtype()).isEqualTo(DType.UINT32);
            assertThat(((NumpyArray) rng.get(1)).tensor().toLongArray()).hasSize(624).startsWith(0, 1, 1812433255L, 1900727105L);
        }
    }

    @Test void arrays_that_tensors_cannot_hold_are_left_out_or_refused_by_name() throws IOException {
        try (var scope = Scope.open()) {
            assertThat(StateDicts.load(FILES.resolve("texts.pt"))).containsOnlyKeys("weight");
        }
        assertThatThrownBy(() -> TorchFile.load(FILES.resolve("texts.pt"))).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("it holds a NumPy array of type 'U1'");
    }

    /** What libtorch itself finds when it loads the program is what Python's state dict has. */
    @ParameterizedTest
    @ValueSource(strings = {"net.ts", "traced.ts", "lstm.ts", "kinds.ts"}) void weights_of_a_script_are_read_without_running_it(String name)
            throws IOException {
        Path file = Path.of("src/test/resources/jit", name);
        try (var scope = Scope.open(); var program = ScriptModule.load(file)) {
            var expected = new LinkedHashMap<String, Tensor>();
            program.stateDict().forEach((key, t) -> expected.put(key, t.detach()));
            for (Reading reading : Reading.values()) {
                Map<String, Tensor> weights = StateDicts.load(file, reading);
                assertThat(weights.keySet()).containsExactlyElementsOf(expected.keySet());
                assertSame(weights, expected);
            }
        }
        assertThatThrownBy(() -> TorchFile.load(file)).hasMessageContaining("StateDicts.load reads its weights");
    }

    @Test void scripts_whose_weights_are_something_else_are_refused_by_name() {
        assertThatThrownBy(() -> StateDicts.load(FILES.resolve("restored.ts"))).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("its module 1 (__torch__.Restored) restores its weights by code");
        assertThatThrownBy(() -> StateDicts.load(Path.of("src/test/resources/jit/quantized.ts"))).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("unsupported kind (torch._utils._rebuild_qtensor)");
    }

    @Test void safetensors_hold_in_java_what_they_hold_in_python() throws IOException {
        try (var scope = Scope.open()) {
            var content = StateDicts.read(FILES.resolve("plain.safetensors"));
            assertSame(content.tensors(), tensors(SAFETENSORS));
            assertThat(content.metadata()).isEqualTo(Map.of("format", "pt"));
            assertSame(StateDicts.load(FILES.resolve("sharded/model.safetensors.index.json")),
                    Map.of("a", Torch.ones(2), "b", Torch.zeros(3)));
        }
    }

    @Test void arrays_of_numpy_hold_in_java_what_they_hold_in_python() throws IOException {
        try (var scope = Scope.open()) {
            assertSame(StateDicts.load(FILES.resolve("plain.npz")), tensors(NUMPY));
            assertSame(StateDicts.load(FILES.resolve("compressed.npz")), tensors(NUMPY));
            Tensor fortran = Npy.load(FILES.resolve("fortran.npy"));
            assertThat(fortran.strides()).containsExactly(1, 2);
            Tensor single = tensors(NUMPY).get("float32");
            assertSame(Map.of("a", Npy.load(FILES.resolve("array.npy")), "big", Npy.load(FILES.resolve("big.npy")), "f", fortran),
                    Map.of("a", single, "big", single, "f", tensors(NUMPY).get("float64")));
        }
        assertThatThrownBy(() -> Npy.load(FILES.resolve("objects.npy"))).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("it holds Python objects");
    }

    // ---- to Python

    private void write() throws IOException {
        try (var scope = Scope.open()) {
            TorchFile.save(folder.resolve("java.pt"), Map.of("state_dict", strided(tensors(TYPES)), "values", plainValues()));
            Checkpoints.write(folder.resolve("java.checkpoint"), Map.of("model", tensors(TYPES), "sampler", Map.of("epoch", 3)));
            Safetensors.save(folder.resolve("java.safetensors"), tensors(SAFETENSORS), Map.of("format", "pt"));
            Npy.saveAll(folder.resolve("java.npz"), tensors(NUMPY));
            Npy.save(folder.resolve("java.npy"), tensors(NUMPY).get("float32"));
        }
    }

    @Test void python_reads_from_javas_files_what_they_hold() throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null, "skipped: set PYTHON to an interpreter with torch, safetensors and numpy, which reads Java's files");
        write();
        Process process = new ProcessBuilder(python, SCRIPT.toString(), "check", folder.toString()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    @Test void an_array_is_written_to_the_byte_as_numpy_writes_it_and_equal_values_make_equal_files() throws IOException {
        write();
        assertThat(folder.resolve("java.npy")).hasSameBinaryContentAs(FILES.resolve("array.npy"));
        byte[] first = Files.readAllBytes(folder.resolve("java.npz"));
        write();
        assertThat(folder.resolve("java.npz")).hasBinaryContent(first);
    }

    // ---- damaged

    @Test void damaged_files_of_every_kind_are_loaded_or_refused() throws IOException {
        List<Path> files = new ArrayList<>(Main.written(Files.createDirectory(folder.resolve("good"))));
        try (Stream<Path> python = Files.list(FILES)) {
            python.filter(Files::isRegularFile).sorted().forEach(files::add);
        }
        Main.Report report = Main.run(7, 300, files, folder);
        assertThat(report.count()).isEqualTo(300);
        assertThat(report.refused().values().stream().mapToInt(i -> i).sum()).isGreaterThan(150);
    }
}
