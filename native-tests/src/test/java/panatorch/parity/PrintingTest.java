package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** {@code toString} against Python's {@code str}, to the letter; {@code src/test/python/printing.py} made the texts. */
@NoTensorLeaks
class PrintingTest {
    @TestFactory Stream<DynamicTest> a_tensor_prints_as_in_python() {
        return StreamSupport.stream(Golden.read("printing.json").spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> {
                    try (var scope = Scope.open()) {
                        assertThat(tensor(c)).hasToString(c.get("text").asText());
                    }
                }));
    }

    private static Tensor tensor(JsonNode c) {
        DType type = DType.valueOf(c.get("dtype").asText().toUpperCase(Locale.ROOT));
        long[] shape = Golden.longs(c.get("shape"));
        if (c.has("arange")) return Aten.arange(c.get("arange").asLong()).to(type).reshape(shape);
        double[] values = StreamSupport.stream(c.get("values").spliterator(), false).mapToDouble(v -> switch (v.asText()) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            case "True" -> 1;
            case "False" -> 0;
            default -> Double.parseDouble(v.asText());
        }).toArray();
        Tensor flat = Torch.tensor(values);
        if (type.isComplex()) return Aten.viewAsComplex(flat.reshape(-1, 2)).to(type).reshape(shape);
        return flat.to(type).reshape(shape);
    }

    @Test void what_the_elements_do_not_show_stands_behind_them() {
        try (var scope = Scope.open()) {
            assertThat(Torch.ones(DType.FLOAT32, 2).requiresGrad_(true)).hasToString("tensor([1., 1.], requires_grad=True)");
            assertThat(Torch.ones(DType.FLOAT64, 2, 2).to(Device.META))
                    .hasToString("tensor(..., device='meta', size=(2, 2), dtype=torch.float64)");
            assertThat(Torch.ones(DType.FLOAT32, 2, 3).describe()).isEqualTo("float32 [2, 3] on cpu");
        }
    }
}
