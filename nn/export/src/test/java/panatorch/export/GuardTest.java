package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuardTest {
    private static final List<String> PATHS = List.of("L['x']", "L['d']['a'][0]");
    private static final long[][] SHAPES = {{4, 6}, {6}};

    private static Guard guard(String text) { return Objects.requireNonNull(Guard.of(text, PATHS), text); }

    @ParameterizedTest
    @ValueSource(strings = {"L['x'].size()[0] == 4", "L['x'].size()[1] == L['d']['a'][0].size()[0]", "L['x'].size()[0] % 2 == 0",
        "2 <= L['x'].size()[0] <= 4", "L['x'].size()[0]*2 - 2 == L['x'].size()[1]", "not L['x'].size()[0] == 5 and 1 < 2",
        "(L['x'].size()[0] // 3) != 2 or 1 == 2", "-L['x'].size()[0] < 0"}) void a_condition_that_holds_is_passed(String text) {
        assertThatCode(() -> guard(text).check(SHAPES)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(strings = {"L['x'].size()[0] == 5", "L['x'].size()[1] != L['d']['a'][0].size()[0]", "L['x'].size()[0] % 3 == 0",
        "2 <= L['x'].size()[0] <= 3", "not L['x'].size()[0] == 4"}) void a_condition_that_does_not_hold_is_told(String text) {
        assertThatThrownBy(() -> guard(text).check(SHAPES)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(text);
    }

    @Test void a_condition_on_something_else_is_left_out() {
        for (String text : List.of("L['y'].size()[0] == 1", "len(L['x']) == 2", "L['x'].size()[0] ==", "(".repeat(200),
                "L['x'].stride()[0] == 1"))
            assertThat(Guard.of(text, PATHS)).as(text).isNull();
    }
}
