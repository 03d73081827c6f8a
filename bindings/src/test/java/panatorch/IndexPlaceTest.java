package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static panatorch.Index.ALL;
import static panatorch.Index.ELLIPSIS;
import static panatorch.Index.NEW_AXIS;
import static panatorch.Index.index;
import static panatorch.Index.slice;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.junit.NoTensorLeaks;

/** Indices written as in Python, beside the same ones made of parts, which {@code IndexingTest} of native-tests compares with Python. */
@NoTensorLeaks
class IndexPlaceTest {
    private static Tensor numbers() { return Aten.arange(60, DType.FLOAT32, null, Device.CPU).reshape(3, 4, 5); }

    private static void same(String brackets, Object... parts) {
        Tensor x = numbers();
        assertThat(x.at(brackets).get().torchEquals(x.get(index(parts)))).as(brackets).isTrue();
    }

    @Test void brackets_are_the_parts_that_they_name() {
        try (var scope = Scope.open()) {
            same("0", 0);
            same("-1,", -1);
            same(":, 0::2", ALL, slice(0, null, 2));
            same("..., 1:-1", ELLIPSIS, slice(1, -1));
            same(" 1 , None, :3", 1, NEW_AXIS, slice(3));
            same("::2, :, 2:4:1", slice(null, null, 2), ALL, slice(2, 4));
        }
    }

    @Test void a_place_is_written() {
        try (var scope = Scope.open()) {
            Tensor x = numbers();
            assertThat(x.at(":, 0::2").set(-1)).isSameAs(x);
            assertThat(x.get(ALL, slice(0, null, 2)).eq(-1).all().itemBoolean()).isTrue();
            assertThat(x.get(ALL, slice(1, null, 2)).ge(0).all().itemBoolean()).isTrue();
            x.at(x.lt(0)).set(7);
            assertThat(x.min().itemDouble()).isEqualTo(5);
            x.at(0, 1).add(Torch.ones(5).mul(100));
            assertThat(x.get(0, 1).toFloatArray()).containsExactly(105, 106, 107, 108, 109);
            x.at("0").set(numbers().get(2));
            assertThat(x.get(0).torchEquals(numbers().get(2))).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "1:2:3:4", "1,,2", ":, x", "1.5", "::0", "::-1"}) void what_is_no_index_is_refused(String brackets) {
        assertThatThrownBy(() -> Index.parse(brackets)).isInstanceOf(IllegalArgumentException.class);
    }
}
