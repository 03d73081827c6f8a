package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static panatorch.Index.ALL;
import static panatorch.Index.index;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

/** Small rules in which tensors have to agree with Python's; the expected values are PyTorch 2.13's. */
@NoTensorLeaks
class PythonRulesTest {
    @Test void a_tensor_of_one_whole_number_selects_a_view() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.arange(6).reshape(3, 2);
            x.get(x.sum(1).argmax()).fill_(-1);
            assertThat(x.flatten(0, -1).toLongArray()).containsExactly(0, 1, 2, 3, -1, -1);
            Tensor one = Torch.tensor(1L), minus = Torch.tensor(-1);
            x.get(index(ALL, one)).fill_(9);
            assertThat(x.flatten(0, -1).toLongArray()).containsExactly(0, 9, 2, 9, -1, 9);
            x.set(index(minus, one), Torch.tensor(7L));
            assertThat(x.flatten(0, -1).toLongArray()).containsExactly(0, 9, 2, 9, -1, 7);
            assertThat(x.get(index(one, Torch.tensor(new long[] {1, 0}))).toLongArray()).containsExactly(9, 2);
            assertThat(x.get(index(Torch.tensor(new long[] {1, 0}), one)).toLongArray()).containsExactly(9, 9);
            assertThatThrownBy(() -> x.get(Torch.tensor(3L))).isInstanceOf(IndexOutOfBoundsException.class).hasMessageContaining("index 3");
        }
    }

    /** x[i, :, j] = v writes v as it is when i and j are numbers; with index tensors of one element the places would be transposed. */
    @Test void writing_between_two_single_numbers_is_not_transposed() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.zeros(2, 2, 3), v = Torch.tensor(new float[] {1, 2});
            x.set(index(Torch.tensor(1L), ALL, Torch.tensor(2L)), v);
            assertThat(x.get(index(1, ALL, 2)).toFloatArray()).containsExactly(1, 2);
            assertThat(x.sum().itemDouble()).isEqualTo(3);
        }
    }

    @Test void bool_and_uint8_scalars_choose_all_or_nothing() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.arange(3);
            assertThat(x.get(Torch.tensor(true)).shape()).containsExactly(1, 3);
            assertThat(x.get(Torch.tensor(false)).shape()).containsExactly(0, 3);
        }
    }

    @Test void unsigned_numbers_of_64_bits_are_printed_and_converted_as_such() {
        try (var scope = Scope.open()) {
            Tensor large = Torch.tensor(new long[] {-1, 5}).to(DType.UINT64);
            assertThat(large).hasToString("tensor([18446744073709551615,                    5], dtype=torch.uint64)");
            assertThat(large.toDoubleArray()).containsExactly(18446744073709551615.0, 5);
        }
    }

    @Test void small_and_unsigned_integers_become_java_arrays_and_an_empty_list_a_tensor() {
        try (var scope = Scope.open()) {
            Tensor numbers = Torch.tensor(new long[] {-5, 100});
            assertThat(numbers.to(DType.INT8).toArray()).isEqualTo(new byte[] {-5, 100});
            assertThat(Torch.tensor(new long[] {65535}).to(DType.UINT16).toArray()).isEqualTo(new int[] {65535});
            assertThat(Torch.tensor(new long[] {4294967295L}).to(DType.UINT32).toArray()).isEqualTo(new long[] {4294967295L});
            assertThat(Torch.tensor(List.of(), DType.FLOAT32)).hasToString("tensor([])");
            assertThat(Torch.tensor(List.of()).dtype()).isEqualTo(DType.FLOAT32);
            assertThat(Torch.tensor(List.of(), DType.INT64).shape()).containsExactly(0);
        }
    }

    @Test void arithmetic_with_numbers_has_the_names_of_nodes_that_python_prints() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(2).requiresGrad_(true);
            assertThat(List.of(x.mul(2), x.add(1), x.sub(1), x.div(2), x.mul(x))).extracting(Tensor::gradFn)
                    .containsExactly("MulBackward0", "AddBackward0", "SubBackward0", "DivBackward0", "MulBackward0");
            assertThat(x.mul(2)).hasToString("tensor([2., 2.], grad_fn=<MulBackward0>)");
        }
    }

    /** By definition: the gradient of the sum of x·mask is the mask, and so the same as the result at x = 1. */
    @Test void a_checkpoint_draws_the_same_numbers_again_from_generators_of_its_own() {
        try (var scope = Scope.open(); var own = Generator.of(0); var other = Generator.of(1)) {
            Tensor x = Torch.ones(1000).requiresGrad_(true);
            Tensor y = Autograd.checkpoint(in -> {
                Tensor first = in.mul(Torch.rand(own, DType.FLOAT32, 1000)).mul(Torch.rand(own, DType.FLOAT32, 1000));
                return Autograd.checkpoint(inner -> inner.mul(Torch.rand(other, DType.FLOAT32, 1000)).mul(Torch.rand(1000)), first);
            }, x);
            long[] after = {own.state().sum().itemLong(), other.state().sum().itemLong()};
            Torch.rand(7); // others draw meanwhile
            y.sum().backward();
            Tensor gradient = java.util.Objects.requireNonNull(x.grad());
            assertThat(gradient.allClose(y.detach(), 1e-6, 1e-7)).isTrue();
            assertThat(List.of(own.state().sum().itemLong(), other.state().sum().itemLong())).as("states after backward")
                    .containsExactly(after[0], after[1]);
        }
    }
}
