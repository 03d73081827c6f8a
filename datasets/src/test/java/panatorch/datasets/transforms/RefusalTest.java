package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class RefusalTest {
    private static void refused(ThrowingCallable made, String message) {
        assertThatThrownBy(made).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test void options_that_mean_nothing_are_refused() {
        refused(() -> new Range(2, 1), "a range must be finite and in order, but is [2.0, 1.0]");
        refused(() -> new RandomVerticalFlip(1.5), "a probability must lie between 0 and 1, but is 1.5");
        refused(() -> new RandomResizedCrop(8, 8, new Range(0, 1), new Range(1, 1)),
                "a share of the area must be above 0.0, but the range is [0.0, 1.0]");
        refused(() -> new CenterCrop(0, 3), "a side must have at least 1 pixel, but has 0");
        refused(() -> ColorJitter.of(0, 0, 0, 0.6), "a turn of the hue must lie between -0.5 and 0.5, but the range is [-0.6, 0.6]");
        refused(() -> new Posterize(9), "bits must lie between 0 and 8, but is 9");
        refused(() -> GaussianBlur.of(4), "size must be odd and at least 1, but is 4");
        refused(() -> RandomAffine.rotation(5).scale(0, 1), "a scale must be above 0.0, but the range is [0.0, 1.0]");
        refused(() -> new RandAugment(2, 31), "magnitude must lie between 0 and 30, but is 31");
        refused(() -> RandomChoice.of(), "there is no transform to choose from; pass at least one");
    }

    @Test void images_that_do_not_suit_are_refused() {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            Tensor four = Torch.zeros(DType.UINT8, 2, 4, 6, 6);
            refused(() -> new Invert().apply(Torch.zeros(DType.INT64, 1, 3, 4, 4), g),
                    "images must be uint8 or floating-point numbers, but are int64");
            refused(() -> new Grayscale().apply(four, g), "colour changes need 3 channels (RGB) or 1 (grey), but the images have 4");
            refused(() -> new Solarize(128).apply(Torch.zeros(1, 3, 4, 4), g),
                    "threshold 128.0 is above white, which is 1.0 for float32 images");
            refused(() -> GaussianBlur.of(7).apply(Torch.zeros(1, 3, 3, 9), g),
                    "images of 3×9 pixels are too small for a blur of 7 pixels; sides must be above 3");
            assertThatThrownBy(() -> new RandomApply(1, new CenterCrop(3, 3)).apply(four, g)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a transform that only some images undergo must keep size and dtype");
        }
    }

    @Test void brightness_takes_any_number_of_channels() {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            Tensor seven = Torch.full(new long[] {2, 7, 3, 3}, 100, DType.UINT8);
            var brighter = new ColorJitter(new Range(1.5, 1.5), new Range(1, 1), new Range(1, 1), new Range(0, 0));
            assertThat(brighter.apply(seven, g).toByteArray()).containsOnly((byte) 150);
        }
    }

    @Test void a_standardised_image_has_mean_0_and_deviation_1_and_a_flat_one_is_0() {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            Tensor batch = Aten.randint(256, new long[] {2, 3, 5, 6}, g, DType.UINT8);
            batch.select(0, 1).fill_(9);
            Tensor result = new Standardize().apply(batch, g), first = result.select(0, 0).to(DType.FLOAT64);
            assertThat(first.mean().itemDouble()).isCloseTo(0, within(1e-6));
            assertThat(first.std(false).itemDouble()).isCloseTo(1, within(1e-6));
            assertThat(result.select(0, 1).toFloatArray()).containsOnly(0);
        }
    }

    @Test void the_border_of_a_turned_image_that_is_filled_with_its_own_colour_has_no_seam() {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            Tensor flat = Torch.full(new long[] {4, 1, 9, 9}, 0.5);
            assertThat(RandomAffine.rotation(40).fill(0.5).apply(flat, g).allClose(flat, 0, 1e-6)).isTrue();
        }
    }
}
