package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class RandomCropTest {
    /** Element (c, y, x) of image n of {@code images}, 0 in the padding. */
    private static float at(float[] images, long[] shape, int n, int c, int y, int x) {
        if (y < 0 || x < 0 || y >= shape[2] || x >= shape[3]) return 0;
        return images[(int) (((n * shape[1] + c) * shape[2] + y) * shape[3] + x)];
    }

    private static void equals_a_plain_loop(Tensor batch, RandomCrop crop) {
        try (var scope = Scope.open(); var generator = Generator.of(5); var same = Generator.of(5)) {
            long[] shape = batch.shape();
            int n = (int) shape[0], channels = (int) shape[1], size = crop.size(), padding = crop.padding();
            long[] top = Aten.randint(shape[2] + 2 * padding - size + 1, new long[] {n}, same).toLongArray();
            long[] left = Aten.randint(shape[3] + 2 * padding - size + 1, new long[] {n}, same).toLongArray();
            float[] images = batch.toFloatArray();
            var expected = new float[n * channels * size * size];
            int i = 0;
            for (int image = 0; image < n; image++)
                for (int c = 0; c < channels; c++)
                    for (int y = 0; y < size; y++)
                        for (int x = 0; x < size; x++, i++)
                            expected[i] = at(images, shape, image, c, (int) top[image] - padding + y, (int) left[image] - padding + x);

            Tensor result = crop.apply(batch, generator);
            assertThat(result.shape()).containsExactly(n, channels, size, size);
            assertThat(result.dtype()).isEqualTo(batch.dtype());
            assertThat(result.isContiguous()).isTrue();
            assertThat(result.toFloatArray()).isEqualTo(expected);
            assertThat(batch.toFloatArray()).as("the batch itself").isEqualTo(images);
        }
    }

    @Test void every_crop_is_exactly_a_window_of_the_padded_image() {
        try (var scope = Scope.open(); var g = Generator.of(1)) {
            Tensor bytes = Aten.randint(1, 256, new long[] {40, 3, 8, 8}, g, DType.UINT8);
            equals_a_plain_loop(bytes, new RandomCrop(8, 4));
            equals_a_plain_loop(bytes, new RandomCrop(5, 0));
            equals_a_plain_loop(bytes, new RandomCrop(10, 1));
            equals_a_plain_loop(bytes, new RandomCrop(1, 2));
        }
    }

    @Test void floats_oblong_images_and_other_memory_orders_are_cropped_alike() {
        try (var scope = Scope.open(); var g = Generator.of(2)) {
            Tensor floats = Aten.rand(new long[] {9, 2, 6, 11}, g);
            equals_a_plain_loop(floats, new RandomCrop(6, 2));
            equals_a_plain_loop(floats, new RandomCrop(4, 0));
            Tensor channelsLast = Aten.rand(new long[] {9, 6, 11, 2}, g).permute(0, 3, 1, 2);
            equals_a_plain_loop(channelsLast, new RandomCrop(6, 2));
            equals_a_plain_loop(channelsLast, new RandomCrop(4, 0));
        }
    }

    @Test void all_places_are_equally_likely() {
        int n = 9000;
        try (var scope = Scope.open(); var g = Generator.of(3)) {
            // The pixel in the middle of the 3×3 window of a 5×5 image is the window's place.
            Tensor batch = Aten.arange(25, DType.UINT8).view(1, 1, 5, 5).expand(n, 1, 5, 5);
            byte[] crops = new RandomCrop(3, 0).apply(batch, g).toByteArray();
            var counts = new int[25];
            for (int i = 0; i < n; i++) counts[crops[9 * i + 4]]++;
            // four standard deviations
            for (int y = 1; y <= 3; y++) for (int x = 1; x <= 3; x++) assertThat(counts[5 * y + x]).isBetween(1000 - 120, 1000 + 120);
        }
    }

    @Test void an_image_that_just_fits_stays_as_it_is() {
        try (var scope = Scope.open(); var g = Generator.of(4)) {
            Tensor batch = Aten.rand(new long[] {3, 1, 4, 4}, g);
            assertThat(new RandomCrop(4, 0).apply(batch, g).toFloatArray()).isEqualTo(batch.toFloatArray());
        }
    }

    @Test void an_empty_batch_stays_empty() {
        try (var scope = Scope.open(); var g = Generator.of(4)) {
            assertThat(new RandomCrop(4, 1).apply(Torch.zeros(DType.UINT8, 0, 3, 4, 4), g).shape()).containsExactly(0, 3, 4, 4);
            assertThat(new RandomCrop(3, 1).apply(Torch.zeros(DType.UINT8, 0, 3, 4, 4), g).shape()).containsExactly(0, 3, 3, 3);
        }
    }

    @Test void what_cannot_be_cropped_is_refused() {
        try (var scope = Scope.open(); var g = Generator.of(4)) {
            assertThatThrownBy(() -> new RandomCrop(9, 1).apply(Torch.zeros(DType.UINT8, 1, 3, 6, 8), g))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a square of 9 pixels does not fit into an image of 8 by 10, padding included");
            assertThatThrownBy(() -> new RandomCrop(2, 1).apply(Torch.zeros(DType.UINT8, 3, 6, 8), g))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a batch of images must have the shape [N, C, H, W], but has [3, 6, 8]");
            assertThatThrownBy(() -> new RandomCrop(0, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> new RandomCrop(1, -1)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
