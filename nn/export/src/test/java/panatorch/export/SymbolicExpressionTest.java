package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SymbolicExpressionTest {
    private static final String S = "Symbol('s0', positive=True, integer=True)";

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"Integer(7) | 7 | 7", "Add(Mul(Integer(2), S), Integer(-1)) | 9 | 2*s0 - 1",
        "FloorDiv(S, Integer(2)) | 2 | (s0//2)", "Mod(S, Integer(3)) | 2 | (s0 % 3)", "PythonMod(Integer(-1), Integer(3)) | 2 | (-1 % 3)",
        "Pow(S, Integer(2)) | 25 | s0**2", "Max(Integer(1), S) | 5 | Max(1, s0)", "Mul(Rational(1, 5), S) | 1 | 1/5*s0",
        "Min(S, Integer(4), Integer(3)) | 3 | Min(s0, 4, 3)",
        "CeilToInt(IntTrueDiv(S, Integer(2))) | 3 | CeilToInt(s0/2)"}) void an_expression_has_sympys_value(String text, long value,
                String python) {
        SymbolicExpression e = SymbolicExpression.parse(text.replace("S,", S + ",").replace("S)", S + ")"));
        assertThat(e.value(Map.of("s0", 5L))).isEqualTo(value);
        assertThat(e.text()).isEqualTo(python);
    }

    @Test void an_expression_without_values_for_its_symbols_has_none() {
        SymbolicExpression e = SymbolicExpression.parse("Add(" + S + ", Integer(1))");
        assertThat(e.constant()).isNull();
        assertThat(e.symbols()).containsExactly("s0");
        assertThat(SymbolicExpression.parse("Unknown(Integer(1))").constant()).isNull();
        assertThat(SymbolicExpression.parse("FloorDiv(Integer(1), Integer(0))").constant()).isNull();
    }

    @Test void a_linear_expression_is_solved_for_its_symbol() {
        SymbolicExpression e = SymbolicExpression.parse("Add(Mul(Integer(3), " + S + "), Integer(1))");
        assertThat(e.solve("s0", 10)).isEqualTo(3);
        assertThat(e.solve("s0", 11)).isNull();
    }

    @Test void damaged_expressions_are_refused() {
        for (String text : List.of("", "Add(", "Add(Integer(1)", "Symbol(s0)", "Integer(1))", "Symbol('s0", "1x", "Add(,)",
                "Add(".repeat(1000)))
            assertThatThrownBy(() -> SymbolicExpression.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
    }
}
