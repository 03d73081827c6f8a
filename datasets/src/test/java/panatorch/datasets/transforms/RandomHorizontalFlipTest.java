package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class RandomHorizontalFlipTest {
    @Test void every_image_is_as_it_was_or_mirrored() {
        try (var scope = Scope.open(); var g = Generator.of(1); var same = Generator.of(1)) {
            Tensor batch = Aten.arange(30 * 2 * 3 * 4, DType.UINT8).view(30, 2, 3, 4);
            float[] drawn = Aten.rand(new long[] {30}, same).toFloatArray();
            byte[] before = batch.toByteArray(), after = new RandomHorizontalFlip(0.5).apply(batch, g).toByteArray();
            for (int i = 0; i < before.length; i++) {
                int x = i % 4, mirrored = i - x + 3 - x;
                assertThat(after[i]).isEqualTo(before[drawn[i / 24] < 0.5 ? mirrored : i]);
            }
            assertThat(batch.toByteArray()).as("the batch itself").isEqualTo(before);
        }
    }

    @Test void the_share_of_mirrored_images_is_p() {
        int n = 10_000;
        try (var scope = Scope.open(); var g = Generator.of(2)) {
            Tensor batch = Torch.tensor(new float[] {0, 1}, 1, 1, 1, 2).expand(n, 1, 1, 2);
            float[] after = new RandomHorizontalFlip(0.3).apply(batch, g).toFloatArray();
            int mirrored = 0;
            for (int i = 0; i < n; i++) mirrored += (int) after[2 * i];
            assertThat(mirrored).isBetween(3000 - 184, 3000 + 184); // four standard deviations
        }
    }

    @Test void zero_mirrors_none_and_one_mirrors_all() {
        try (var scope = Scope.open(); var g = Generator.of(3)) {
            Tensor batch = Aten.rand(new long[] {50, 1, 1, 3}, g);
            assertThat(new RandomHorizontalFlip(0).apply(batch, g).toFloatArray()).isEqualTo(batch.toFloatArray());
            assertThat(new RandomHorizontalFlip(1).apply(batch, g).toFloatArray()).isEqualTo(batch.flip(3).toFloatArray());
        }
    }

    @Test void an_empty_batch_stays_empty() {
        try (var scope = Scope.open(); var g = Generator.of(4)) {
            assertThat(new RandomHorizontalFlip(0.5).apply(Torch.zeros(DType.UINT8, 0, 3, 4, 4), g).shape()).containsExactly(0, 3, 4, 4);
        }
    }

    @Test void what_is_no_probability_is_refused() {
        for (double p : Arrays.asList(-0.1, 1.1, Double.NaN)) {
            assertThatThrownBy(() -> new RandomHorizontalFlip(p)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("a probability must lie between 0 and 1");
        }
    }
}
