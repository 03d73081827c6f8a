package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static panatorch.DType.FLOAT64;
import static panatorch.DType.QINT32;
import static panatorch.DType.QINT8;
import static panatorch.DType.QUINT8;

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
import panatorch.Aten;
import panatorch.DType;
import panatorch.Layout;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

/**
 * Sparse, quantized and complex tensors are made, printed and converted as Python does; {@code src/test/python/tensor_kinds.py} made the
 * texts.
 */
@NoTensorLeaks
class TensorKindsTest {
    private static final JsonNode PYTHON = Golden.read("tensor_kinds.json");
    private static final long[] BLOCK = {2, 2}, SHAPE = {2, 3};

    private static Map<String, Supplier<Tensor>> calls() {
        var calls = new LinkedHashMap<String, Supplier<Tensor>>();
        calls.put("coo", () -> Torch.eye(3).toSparse());
        calls.put("coo, one dense dimension", () -> matrix().toSparse(1));
        calls.put("coo, large", () -> Torch.arange(1600.0).reshape(40, 40).toSparse());
        calls.put("coo, float64", () -> Torch.eye(3).to(FLOAT64).toSparse());
        calls.put("coo, int64", () -> indices().toSparse());
        calls.put("coo, empty", () -> Torch.zeros(2, 3).toSparse());
        calls.put("coo of indices and values", TensorKindsTest::sparse);
        calls.put("coo, coalesced", () -> sparse().coalesce());
        calls.put("coo, requires gradient", () -> sparse().requiresGrad_(true));
        calls.put("csr", () -> matrix().toSparseCsr());
        calls.put("csc", () -> matrix().toSparseCsc());
        calls.put("bsr", () -> Torch.eye(4).toSparseBsr(BLOCK));
        calls.put("bsc", () -> Torch.eye(4).toSparseBsc(BLOCK));
        calls.put("csr of parts", () -> Aten.sparseCsrTensor(Torch.tensor(new long[] {0, 1, 3}), Torch.tensor(new long[] {1, 0, 2}),
                Torch.tensor(new float[] {1, 2, 3}), SHAPE, DType.FLOAT32));
        calls.put("csr, product", () -> matrix().toSparseCsr().matmul(matrix().t()));
        calls.put("coo, sum", () -> Torch.eye(3).toSparse().add(Torch.eye(3).toSparse()));
        calls.put("mkldnn", () -> matrix().toMkldnn());
        calls.put("quint8", () -> Aten.quantizePerTensor(fractions(), 0.1, 10, QUINT8));
        calls.put("qint8", () -> Aten.quantizePerTensor(fractions(), 0.25, 0, QINT8));
        calls.put("qint32, tiny scale", () -> Aten.quantizePerTensor(fractions(), 1e-5, 0, QINT32));
        calls.put("qint8, whole scale", () -> Aten.quantizePerTensor(fractions(), 2, 0, QINT8));
        calls.put("qint8, scale of a third", () -> Aten.quantizePerTensor(fractions(), 1 / 3.0, 0, QINT8));
        calls.put("per channel", () -> Aten.quantizePerChannel(fractions(), Torch.tensor(new double[] {0.1, 0.25}),
                Torch.tensor(new long[] {0, 10}), 0, QINT8));
        calls.put("its integers", () -> Aten.quantizePerTensor(fractions(), 0.1, 10, QUINT8).intRepr());
        calls.put("complex of parts", TensorKindsTest::complex);
        calls.put("complex, conjugated", () -> complex().conj());
        calls.put("complex, polar", () -> Aten.polar(Torch.ones(2), Torch.tensor(new float[] {0, 1.5f})));
        calls.put("complex128, its real part", () -> Aten.real(Aten.complex(fractions().to(FLOAT64), fractions().to(FLOAT64))));
        calls.put("complex, its imaginary part conjugated", () -> Aten.imag(complex().conj()));
        calls.put("complex, as real", () -> Aten.viewAsReal(complex()));
        calls.put("complex, absolute", () -> complex().abs());
        return calls;
    }

    private static Tensor matrix() { return Torch.arange(12.0).reshape(3, 4); }

    private static Tensor indices() { return Torch.tensor(new long[][] {{0, 1, 1}, {2, 0, 0}}); }

    private static Tensor fractions() { return Torch.tensor(new float[][] {{0.5f, -1.25f}, {3, 7.75f}}); }

    private static Tensor sparse() { return Aten.sparseCooTensor(indices(), Torch.tensor(new float[] {1, 2, 3}), SHAPE); }

    private static Tensor complex() { return Aten.complex(fractions(), fractions()); }

    @TestFactory Stream<DynamicTest> a_tensor_is_made_printed_and_converted_as_in_python() {
        return calls().entrySet().stream().map(e -> DynamicTest.dynamicTest(e.getKey(), () -> {
            JsonNode expected = PYTHON.get(e.getKey());
            try (var scope = Scope.open()) {
                Tensor t = e.getValue().get();
                assertThat(t).hasToString(expected.get("text").asText());
                assertThat(t.dtype()).isEqualTo(DType.valueOf(expected.get("dtype").asText().toUpperCase(Locale.ROOT)));
                assertThat(t.shape()).isEqualTo(Golden.longs(expected.get("shape")));
                assertThat(plain(t.detach()).toDoubleArray()).containsExactly(
                        StreamSupport.stream(expected.get("values").spliterator(), false).mapToDouble(JsonNode::asDouble).toArray(),
                        offset(1e-6));
            }
        }));
    }

    private static org.assertj.core.data.Offset<Double> offset(double by) { return org.assertj.core.data.Offset.offset(by); }

    private static Tensor plain(Tensor t) {
        if (t.dtype().isQuantized()) return t.dequantize();
        Tensor dense = t.layout() == Layout.STRIDED ? t : t.toDense();
        return t.dtype().isComplex() ? Aten.viewAsReal(dense.resolveConj()) : dense;
    }

    @Test void every_kind_of_the_script_is_made_here() {
        assertThat(calls().keySet()).containsExactlyElementsOf(PYTHON::fieldNames);
    }

    @Test void a_sparse_tensor_without_memory_prints_its_shape() {
        try (var scope = Scope.open()) {
            assertThat(Torch.eye(2).toSparse().to(panatorch.Device.META).toString()).startsWith("tensor(indices=tensor(..., size=")
                    .contains("device='meta', size=(2, 2)", "layout=torch.sparse_coo");
        }
    }

    @Test void elements_are_not_read_as_what_they_are_not() {
        try (var scope = Scope.open()) {
            Tensor quantized = Aten.quantizePerTensor(fractions(), 0.1, 10, QUINT8);
            assertThatThrownBy(quantized::toFloatArray).isInstanceOf(TorchException.class).hasMessageContaining("quantized");
        }
    }
}
