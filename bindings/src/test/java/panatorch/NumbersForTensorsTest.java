package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

/** Numbers where a schema has tensors, and numbers that are no {@code long}; values of PyTorch 2.13. */
@NoTensorLeaks
class NumbersForTensorsTest {
    private static Tensor call(String name, Object... arguments) { return (Tensor) Operators.call(name, arguments).getFirst(); }

    @Test void a_number_stands_for_a_tensor_whose_type_yields_to_the_others() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(2);
            call("aten::add_.Tensor", x, 2.0);
            assertThat(x.toFloatArray()).containsExactly(3, 3);
            assertThat(call("aten::mul.Tensor", x, 2).dtype()).isEqualTo(DType.FLOAT32);
            assertThat(call("aten::mul.Tensor", Torch.tensor(1.5f), 2.0).dtype()).isEqualTo(DType.FLOAT32); // [] and [], still
            assertThat(call("aten::add.Tensor", Torch.tensor(new long[] {1}), 0.5).dtype()).isEqualTo(DType.FLOAT32);
            assertThat(call("aten::add.Tensor", Torch.tensor(new long[] {1}), true).toLongArray()).containsExactly(2);
            assertThat(call("aten::mul.Tensor", x, new Complex(0, 1)).dtype()).isEqualTo(DType.COMPLEX64);
        }
    }

    @Test void other_values_are_refused_as_before() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> call("aten::add.Tensor", Torch.ones(2), "2")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must be a Tensor, not a String");
            assertThatThrownBy(() -> call("aten::clamp.Tensor", Torch.ones(2), null, 2.5)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("must be a Tensor?, not a Double");
            assertThatThrownBy(() -> call("aten::cat", List.of(Torch.ones(2), 2.0), 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test void a_failing_call_leaves_no_number_behind() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> call("aten::add_.Tensor", Torch.ones(2).to(DType.INT64), 0.5)).isInstanceOf(TorchException.class);
        }
    }

    @Test void a_boolean_scalar_stays_boolean() {
        try (var scope = Scope.open()) {
            assertThat(Operators.call("aten::item", Torch.tensor(true))).containsExactly(true);
            assertThat(call("aten::full", List.of(2L), true).dtype()).isEqualTo(DType.BOOL);
        }
    }

    @Test void unsigned_numbers_of_64_bits_keep_their_value() {
        try (var scope = Scope.open()) {
            var most = new BigInteger("18446744073709551615");
            Tensor t = Torch.tensor(new long[] {-1, 5}).view(DType.UINT64);
            assertThat(t.select(0, 0).item()).isEqualTo(most);
            assertThat(t.select(0, 1).item()).isEqualTo(5L);
            assertThat(t.select(0, 0).itemDouble()).isEqualTo(1.8446744073709552e19);
            assertThat(Long.toUnsignedString(t.select(0, 0).itemLong())).isEqualTo(most.toString());
            assertThatThrownBy(() -> t.select(0, 0).itemInt()).isInstanceOf(ArithmeticException.class);
            assertThat(Operators.call("aten::item", t.select(0, 0))).containsExactly(most);
            t.fill_(most.subtract(BigInteger.ONE));
            assertThat(t.select(0, 1).item()).isEqualTo(most.subtract(BigInteger.ONE));
            assertThatThrownBy(() -> t.fill_(most.add(BigInteger.ONE))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("18446744073709551616 has more than 64 bits");
        }
    }
}
