package panatorch.nn.functional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class FunctionalTest {
    @Test void normalized_rows_have_length_one_and_zeros_stay_zeros() {
        try (var scope = Scope.open()) {
            Tensor y = Normalization.normalize(Torch.tensor(new float[] {3, 4, 0, 0}, 2, 2));
            assertThat(y.toFloatArray()).containsExactly(0.6f, 0.8f, 0, 0);
        }
    }

    @Test void hard_gumbel_samples_are_one_hot_with_the_soft_ones_gradients() {
        try (var scope = Scope.open()) {
            Tensor logits = Torch.randn(50, 4).requiresGrad_(true);
            Torch.manualSeed(7);
            Tensor hard = Activations.gumbelSoftmax(logits, 0.5, true, -1);
            hard.mul(Torch.arange(4)).sum().backward();
            double[] gradient = logits.grad().toDoubleArray();
            logits.setGrad(null);
            Torch.manualSeed(7);
            Activations.gumbelSoftmax(logits, 0.5, false, -1).mul(Torch.arange(4)).sum().backward();
            assertThat(gradient).containsExactly(logits.grad().toDoubleArray(), within(1e-6));
            assertThat(hard.round().sum(1).toFloatArray()).containsOnly(1);
        }
    }

    @Test void the_grid_of_the_identity_gives_the_image_back() {
        try (var scope = Scope.open()) {
            Tensor image = Torch.randn(1, 2, 4, 5), theta = Torch.tensor(new float[] {1, 0, 0, 0, 1, 0}, 1, 2, 3);
            Tensor grid = Aten.affineGridGenerator(theta, image.shape(), false);
            assertThat(GridSample.bilinear().apply(image, grid).allClose(image, 1e-4, 1e-5)).isTrue();
        }
    }

    @Test void what_has_several_sizes_or_none_is_refused() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> Interpolate.by(Interpolate.Mode.BILINEAR, 2).apply(Torch.ones(1, 1, 4)))
                    .hasMessage("bilinear interpolation takes 4 dimensions, not float32 [1, 1, 4] on cpu");
            assertThatThrownBy(() -> Losses.gaussianNll(Torch.ones(2), Torch.ones(2), Torch.ones(2).neg(), false, 1e-6, Reduction.MEAN))
                    .hasMessage("a variance is negative");
            assertThatThrownBy(() -> Pooling.maxUnpool(Torch.ones(1, 1, 2), Torch.arange(2).reshape(1, 1, 2), new long[] {2},
                    new long[] {2}, new long[] {0}, 9)).hasMessage("the output size has to be between 2 and 6, not 9");
        }
    }
}
