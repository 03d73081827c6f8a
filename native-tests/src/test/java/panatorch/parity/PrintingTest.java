package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.PrintOptions;
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
                        assertThat(tensor(c).toString(options(c.path("options")))).isEqualTo(c.get("text").asText());
                    }
                }));
    }

    private static PrintOptions options(JsonNode given) {
        PrintOptions o = switch (given.path("profile").asText("default")) {
            case "short" -> PrintOptions.SHORT;
            case "full" -> PrintOptions.FULL;
            default -> PrintOptions.DEFAULT;
        };
        if (given.has("precision")) o = o.precision(given.get("precision").asInt());
        if (given.has("threshold")) o = o.threshold(given.get("threshold").asLong());
        if (given.has("edgeitems")) o = o.edgeItems(given.get("edgeitems").asInt());
        if (given.has("linewidth")) o = o.lineWidth(given.get("linewidth").asInt());
        return given.has("sci_mode") ? o.sciMode(given.get("sci_mode").asBoolean()) : o;
    }

    @Test void the_options_of_the_process_hold_until_they_are_set_again() {
        try (var scope = Scope.open()) {
            Torch.setPrintOptions(PrintOptions.DEFAULT.precision(2));
            assertThat(Torch.tensor(1.12345)).hasToString("tensor(1.12, dtype=torch.float64)");
            assertThat(Torch.printOptions().precision()).isEqualTo(2);
        } finally {
            Torch.setPrintOptions(PrintOptions.DEFAULT);
        }
        try (Tensor x = Torch.scalar(1.12345)) {
            assertThat(x).hasToString("tensor(1.1235)");
        }
    }

    @Test void options_that_are_no_numbers_of_digits_or_lines_are_refused() {
        for (Function<PrintOptions, PrintOptions> wrong : List.<Function<PrintOptions, PrintOptions>>of(o -> o.precision(-1),
                o -> o.precision(2000), o -> o.threshold(-1), o -> o.edgeItems(-1), o -> o.lineWidth(-1)))
            assertThatThrownBy(() -> wrong.apply(PrintOptions.DEFAULT)).isInstanceOf(IllegalArgumentException.class);
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
