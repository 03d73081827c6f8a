package panatorch.text.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonNumberTest {
    @ParameterizedTest
    @CsvSource({"0.0, 0", "-1.5, -1.5", "12.25e2, 1225", "1e3, 1000", "2.5E-1, 0.25", "0e9, 0", "1e-400, 0", "-0.0, -0.0",
        "123456789012345678901234567890.5, 1.2345678901234567e29", "0.30000000000000000000000000000001, 0.3"}) void numbers_are_read(
                String text, double value) {
        assertThat(JsonNumber.parse(text)).isEqualTo(value);
    }

    @Test void values_are_those_of_a_rounded_quotient() {
        var random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            String text = Double.toString(-20 * random.nextDouble());
            if (text.contains("E")) continue;
            var exact = new BigDecimal(text);
            double quotient = exact.unscaledValue().doubleValue() / Math.pow(10, exact.scale());
            assertThat(JsonNumber.parse(text)).isEqualTo(quotient);
            assertThat(Math.abs(JsonNumber.parse(text) - exact.round(MathContext.DECIMAL64).doubleValue())).isLessThan(1e-14);
        }
    }

    @Test void huge_exponents_are_no_trap() {
        assertThat(JsonNumber.parse("1e999999999")).isPositive();
        assertThat(JsonNumber.parse("1.5e-99999999999999999999999")).isZero();
    }
}
