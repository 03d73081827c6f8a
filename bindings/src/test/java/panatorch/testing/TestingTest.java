package panatorch.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class TestingTest {
    private static void differ(Tensor actual, Tensor expected, String... message) {
        assertThatThrownBy(() -> Testing.assertClose(actual, expected)).isInstanceOf(AssertionError.class)
                .hasMessageContainingAll(message);
    }

    /** The message is that of {@code torch.testing.assert_close} for the same tensors. */
    @Test void a_difference_is_told_as_in_python() {
        try (var scope = Scope.open()) {
            Tensor actual = Torch.tensor(new float[] {1, 2, 3, 4}, 2, 2), expected = Torch.tensor(new float[] {1, 2.5f, 3, 4.00001f}, 2, 2);
            differ(actual, expected, "Tensor-likes are not close!\n\nMismatched elements: 1 / 4 (25.0%)\n"
                    + "Greatest absolute difference: 0.5 at index (0, 1) (up to 1.0E-5 allowed)\n"
                    + "Greatest relative difference: 0.2 at index (0, 1) (up to 1.3E-6 allowed)");
            differ(Torch.tensor(new long[] {1, 2}), Torch.tensor(new long[] {1, 3}), "Tensor-likes are not equal!", "1 / 2 (50.0%)",
                    "difference: 1.0 at index (1,)");
        }
    }

    @Test void tolerances_are_those_of_the_type() {
        try (var scope = Scope.open()) {
            Tensor one = Torch.ones(2), near = one.add(2e-6);
            Testing.assertClose(near, one);
            differ(near.to(DType.FLOAT64), one.to(DType.FLOAT64), "not close");
            Testing.assertClose(near.to(DType.FLOAT64), one.to(DType.FLOAT64), 1e-5, 0);
            Testing.assertClose(one.add(0.01).to(DType.BFLOAT16), one.to(DType.BFLOAT16));
        }
    }

    @Test void shape_type_and_nan_are_differences() {
        try (var scope = Scope.open()) {
            differ(Torch.ones(2), Torch.ones(2, 1), "'shape' do not match: [2] != [2, 1]");
            differ(Torch.ones(2), Torch.ones(2).to(DType.FLOAT64), "'dtype' do not match: float32 != float64");
            differ(Torch.ones(1).mul(Double.NaN), Torch.ones(1).mul(Double.NaN), "not close");
        }
    }

    /** {@code torch.manual_seed(1)}, then {@code make_tensor(3, dtype=torch.float32, device="cpu")}, {@code (4, torch.int64)} and bool. */
    @Test void tensors_are_those_of_python() {
        try (var scope = Scope.open()) {
            Torch.manualSeed(1);
            assertThat(Testing.makeTensor(DType.FLOAT32, 3).toFloatArray()).containsExactly(4.637368679046631f, -3.9724040031433105f,
                    -1.744753360748291f);
            assertThat(Testing.makeTensor(DType.INT64, 4).toLongArray()).containsExactly(-1, 9, -8, -6);
            assertThat(Testing.makeTensor(DType.BOOL, 4).to(DType.INT64).toLongArray()).containsExactly(1, 1, 0, 0);
            assertThat(Testing.makeTensor(DType.COMPLEX64, 2, 3).dtype()).isEqualTo(DType.COMPLEX64);
            assertThatThrownBy(() -> Testing.makeTensor(DType.FLOAT32, new long[] {2}, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
