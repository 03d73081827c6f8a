package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static panatorch.DType.FLOAT16;
import static panatorch.DType.FLOAT32;
import static panatorch.DType.FLOAT64;
import static panatorch.DType.INT16;
import static panatorch.DType.INT32;
import static panatorch.DType.INT64;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** {@link Torch}'s factories make what Python's make; {@code src/test/python/factories.py} wrote their dtypes, shapes and values. */
@NoTensorLeaks
class FactoriesTest {
    private static final JsonNode PYTHON = Golden.read("factories.json");
    private static final long[] SCALAR = {}, TWO = {2}, EIGHT = {8};

    private static Map<String, Supplier<Tensor>> calls() {
        var calls = new LinkedHashMap<String, Supplier<Tensor>>();
        calls.put("zeros(2, 3)", () -> Torch.zeros(2, 3));
        calls.put("zeros()", () -> Torch.zeros());
        calls.put("ones(INT16, 2)", () -> Torch.ones(INT16, 2));
        calls.put("full([2, 2], 7)", () -> Torch.full(new long[] {2, 2}, 7));
        calls.put("full([2], 0.1)", () -> Torch.full(TWO, 0.1));
        calls.put("full([], true)", () -> Torch.full(SCALAR, true));
        calls.put("full([2], 0.1, FLOAT64)", () -> Torch.full(TWO, 0.1, FLOAT64));
        calls.put("eye(3)", () -> Torch.eye(3));
        calls.put("eye(2, 3, INT64)", () -> Torch.eye(2, 3, INT64));
        calls.put("arange(5)", () -> Torch.arange(5));
        calls.put("arange(2.5)", () -> Torch.arange(2.5));
        calls.put("arange(2, 5)", () -> Torch.arange(2, 5));
        calls.put("arange(1, 2, 0.3)", () -> Torch.arange(1, 2, 0.3));
        calls.put("arange(10, 0, -3)", () -> Torch.arange(10, 0, -3));
        calls.put("arange(3, FLOAT64)", () -> Torch.arange(3, FLOAT64));
        calls.put("arange(0, 1, 0.25, FLOAT64)", () -> Torch.arange(0, 1, 0.25, FLOAT64));
        calls.put("linspace(0, 1, 7)", () -> Torch.linspace(0, 1, 7));
        calls.put("linspace(-3, 10, 5, FLOAT64)", () -> Torch.linspace(-3, 10, 5, FLOAT64));
        calls.put("logspace(-2, 1, 4)", () -> Torch.logspace(-2, 1, 4));
        calls.put("logspace(0, 8, 5, 2)", () -> Torch.logspace(0, 8, 5, 2));
        calls.put("logspace(0, 8, 5, 2, FLOAT64)", () -> Torch.logspace(0, 8, 5, 2, FLOAT64));
        calls.put("rand(2, 3)", () -> Torch.rand(2, 3));
        calls.put("rand(FLOAT64, 2)", () -> Torch.rand(FLOAT64, 2));
        calls.put("rand(generator, FLOAT32, 3)", () -> withGenerator(g -> Torch.rand(g, FLOAT32, 3)));
        calls.put("randn(2, 9)", () -> Torch.randn(2, 9));
        calls.put("randn(FLOAT64, 20)", () -> Torch.randn(FLOAT64, 20));
        calls.put("randn(generator, FLOAT32, 3)", () -> withGenerator(g -> Torch.randn(g, FLOAT32, 3)));
        calls.put("randint(10, [8])", () -> Torch.randint(10, EIGHT));
        calls.put("randint(-5, 5, [8])", () -> Torch.randint(-5, 5, EIGHT));
        calls.put("randint(-5, 5, [8], INT32)", () -> Torch.randint(-5, 5, EIGHT, INT32));
        calls.put("randint(0, 5, [8], generator, INT64)", () -> withGenerator(g -> Torch.randint(0, 5, EIGHT, g, INT64)));
        calls.put("randperm(9)", () -> Torch.randperm(9));
        calls.put("randperm(9, generator)", () -> withGenerator(g -> Torch.randperm(9, g)));
        calls.put("tensor(float[2][1][2])", () -> Torch.tensor(new float[][][] {{{1.5f, 2}}, {{3, -4}}}));
        calls.put("tensor(float[1][0])", () -> Torch.tensor(new float[][] {{}}));
        calls.put("tensor(long[2][2])", () -> Torch.tensor(new long[][] {{1, 2}, {3, 1L << 40}}));
        calls.put("tensor(boolean[2])", () -> Torch.tensor(new boolean[] {true, false}));
        calls.put("tensor(2.5, FLOAT16)", () -> Torch.tensor(2.5, FLOAT16));
        calls.put("tensor(int[2][1], FLOAT64)", () -> Torch.tensor(new int[][] {{1}, {2}}, FLOAT64));
        calls.put("zerosLike", () -> Torch.ones(INT32, 2, 1).zerosLike());
        calls.put("fullLike(7, FLOAT64)", () -> Torch.ones(2, 1).fullLike(7, FLOAT64));
        calls.put("randnLike", () -> Torch.ones(2, 2).randnLike());
        return calls;
    }

    private static Tensor withGenerator(java.util.function.Function<Generator, Tensor> make) {
        try (var generator = Generator.of(7)) {
            return make.apply(generator);
        }
    }

    @TestFactory Stream<DynamicTest> a_factory_makes_what_python_makes() {
        return calls().entrySet().stream().map(e -> DynamicTest.dynamicTest(e.getKey(), () -> {
            JsonNode expected = PYTHON.get(e.getKey());
            Torch.manualSeed(7);
            try (var scope = Scope.open()) {
                Tensor t = e.getValue().get();
                assertThat(t.dtype()).isEqualTo(DType.valueOf(expected.get("dtype").asText().toUpperCase(Locale.ROOT)));
                assertThat(t.shape()).isEqualTo(Golden.longs(expected.get("shape")));
                // Vector instructions of another machine may round the last bit of a power or a logarithm otherwise.
                Golden.assertClose(e.getKey(), t.toDoubleArray(), values(expected.get("values")), 1e-7, 1e-6);
            }
        }));
    }

    private static double[] values(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).mapToDouble(v -> v.isBoolean() ? v.asBoolean() ? 1 : 0 : v.asDouble())
                .toArray();
    }

    @Test void every_call_of_the_script_is_made_here() {
        assertThat(calls().keySet()).containsExactlyElementsOf(PYTHON::fieldNames);
    }
}
