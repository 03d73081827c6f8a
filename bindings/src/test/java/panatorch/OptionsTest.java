package panatorch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class OptionsTest {
    @Test void options_are_what_the_arguments_say() {
        try (var scope = Scope.open()) {
            Tensor x = Aten.arange(64, DType.FLOAT32).view(1, 4, 4, 4), w = Torch.ones(DType.FLOAT32, 4, 1, 3, 3);
            Tensor y = Aten.conv2d(x, w, Options.conv2d().stride(2, 2).padding(1, 1).groups(4));
            assertThat(y.shape()).containsExactly(1, 4, 2, 2);
            assertThat(y.toFloatArray())
                    .containsExactly(Aten.conv2d(x, w, null, new long[] {2, 2}, new long[] {1, 1}, new long[] {1, 1}, 4).toFloatArray());
            assertThat(Aten.conv2d(x, w, Options.conv2dPadding().padding("same").groups(4)).shape()).containsExactly(1, 4, 4, 4);
            assertThat(Nn.avgPool2d(x, new long[] {2, 2}, Options.avgPool2d().divisorOverride(1)).sum().itemDouble())
                    .isEqualTo(64 * 63 / 2);
        }
    }

    @Test void tensors_have_them_as_methods() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new double[] {1, 4, 9, 16});
            assertThat(x.diff(Options.diff().n(2)).toDoubleArray()).containsExactly(2, 2);
            assertThat(x.newZeros(new long[] {2}, Options.tensorOptions().dtype(DType.INT32)).dtype()).isEqualTo(DType.INT32);
            assertThat(x.slice(Options.slice().start(1).step(2)).toDoubleArray()).containsExactly(4, 16);
        }
    }

    @Test void defaults_change_nothing() {
        try (var scope = Scope.open()) {
            assertThat(Aten.zeros(new long[] {2, 3}, Options.tensorOptions()).dtype()).isEqualTo(DType.FLOAT32);
            assertThat(Aten.randperm(3, Options.randperm()).dtype()).isEqualTo(DType.INT64);
            assertThat(Options.zeros()).isSameAs(Options.tensorOptions());
            Tensor x = Torch.tensor(new double[] {1, 4, 9, 16}, 1, 4);
            assertThat(Aten.layerNorm(x, new long[] {4}, Options.layerNorm()).toDoubleArray())
                    .containsExactly(Aten.layerNorm(x, new long[] {4}).toDoubleArray());
        }
    }

    @Test void changing_an_option_makes_a_copy() {
        var defaults = Options.conv2d();
        long[] two = {2, 2};
        var strided = defaults.stride(two);
        two[0] = 7;
        strided.stride()[1] = 7;
        assertThat(strided.stride()).containsExactly(2, 2);
        assertThat(defaults.stride()).containsExactly(1, 1);
    }

    @Test void an_optional_number_is_given_plainly_or_left_out_again() {
        var slice = Options.slice().start(1).end(-1);
        assertThat(slice.end()).isEqualTo(-1);
        assertThat(slice.end((Long) null).end()).isNull();
        assertThat(slice.start()).isEqualTo(1);
    }
}
