package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class NormalizeTest {
    private final double[] mean = {0.4914, 0.4822, 0.4465}, std = {0.2470, 0.2435, 0.2616};
    private final Normalize normalize = new Normalize(mean, std);

    @Test void every_byte_of_every_channel_becomes_x_minus_mean_over_std() {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            Tensor batch = Aten.arange(256, DType.UINT8).view(1, 1, 16, 16).expand(2, 3, 16, 16);
            Tensor result = normalize.apply(batch, g);
            assertThat(result.dtype()).isEqualTo(DType.FLOAT32);
            assertThat(result.shape()).containsExactly(2, 3, 16, 16);
            float[] values = result.toFloatArray();
            for (int i = 0; i < values.length; i++) {
                int c = i / 256 % 3;
                assertThat((double) values[i]).isCloseTo((i % 256 / 255.0 - mean[c]) / std[c], within(5e-7));
            }
        }
    }

    @Test void floats_are_taken_as_they_are_and_not_overwritten() {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            for (DType type : new DType[] {DType.FLOAT32, DType.FLOAT64}) {
                Tensor batch = Torch.ones(type, 1, 3, 1, 1);
                float[] values = normalize.apply(batch, g).toFloatArray();
                for (int c = 0; c < 3; c++) assertThat((double) values[c]).isCloseTo((1 - mean[c]) / std[c], within(5e-7));
                assertThat(batch.toFloatArray()).containsOnly(1);
            }
        }
    }

    @Test void channels_and_types_that_do_not_match_are_refused() {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            assertThatThrownBy(() -> normalize.apply(Torch.zeros(DType.UINT8, 1, 1, 4, 4), g)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the images have 1 channels, but the means and standard deviations are for 3");
            assertThatThrownBy(() -> normalize.apply(Torch.zeros(DType.INT64, 1, 3, 4, 4), g)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("images must be uint8 or floating-point numbers, but are int64");
            assertThatThrownBy(() -> new Normalize(mean, new double[] {1, 1})).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new Normalize(mean, new double[] {1, 0, 1})).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("standard deviations must be above 0, but one is 0.0");
        }
    }
}
