package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What holds for each transform alike. */
@NoTensorLeaks
class EveryTransformTest {
    static Stream<Transform> transforms() {
        return Stream.of(new RandomCrop(6, 1), new RandomHorizontalFlip(0.5), new RandomVerticalFlip(0.5), RandomResizedCrop.of(5),
                new Resize(5, 9), new Resize(5, 9, Interpolation.NEAREST, false), new Pad(2), new Pad(1, 2, 0, 3, Pad.Mode.SYMMETRIC, 0),
                new RandomPerspective(), new ElasticTransform(30, 0.5, Interpolation.BILINEAR, 0.2),
                new AutoAugment(AutoAugmentPolicy.IMAGENET), new AutoAugment(AutoAugmentPolicy.SVHN), new AugMix(),
                new AugMix(10, 2, 2, 0.5, false, Interpolation.NEAREST, 0),
                new CenterCrop(4, 10), ColorJitter.of(0.4, 0.4, 0.4, 0.1), new Grayscale(), new Invert(), new Posterize(3),
                new Solarize(0.5), new AutoContrast(),
                new Equalize(), new Sharpness(1.5), GaussianBlur.of(3),
                RandomAffine.rotation(20).translate(0.2, 0.1).scale(0.8, 1.2).shear(5, 5).fill(0.3),
                new RandAugment(2, 9), new TrivialAugmentWide(), RandomErasing.of(0.5), new Cutout(3), new ToFloat(), new Standardize(),
                new RandomApply(0.5, new Invert()), RandomChoice.of(new Invert(), new Equalize(), new RandomVerticalFlip(0.5)));
    }

    private static final DType[] TYPES = {DType.UINT8, DType.FLOAT32, DType.FLOAT64};

    private static Tensor images(DType type, Generator g) {
        Tensor x = Aten.rand(new long[] {24, 3, 8, 7}, g);
        return type == DType.UINT8 ? x.mul(256).to(type) : x.to(type);
    }

    @ParameterizedTest
    @MethodSource("transforms") void the_same_state_gives_the_same_images_and_the_batch_stays_as_it_was(Transform transform) {
        for (DType type : TYPES) {
            try (var scope = Scope.open(); var g = Generator.of(1); var a = Generator.of(2); var b = Generator.of(2)) {
                Tensor batch = images(type, g), before = batch.clone();
                long live = Torch.liveTensors();
                Tensor first = transform.apply(batch, a);
                assertThat(Torch.liveTensors() - live).as("tensors left besides the result").isLessThanOrEqualTo(1);
                assertThat(transform.apply(batch, b).torchEquals(first)).isTrue();
                assertThat(batch.torchEquals(before)).as("the batch itself").isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transforms") void images_keep_their_number_type_and_range(Transform transform) {
        for (DType type : TYPES) {
            try (var scope = Scope.open(); var g = Generator.of(1)) {
                Tensor result = transform.apply(images(type, g), g);
                boolean counts = transform instanceof ToFloat || transform instanceof Standardize;
                assertThat(result.dtype()).isEqualTo(counts ? DType.FLOAT32 : type);
                assertThat(result.size(0)).isEqualTo(24);
                assertThat(result.size(1)).isEqualTo(3);
                assertThat(result.isContiguous()).isTrue();
                if (!(transform instanceof Standardize))
                    assertThat(result.to(DType.FLOAT64).max().itemDouble())
                            .isLessThanOrEqualTo(type == DType.UINT8 && !counts ? 255 : 1 + 1e-6);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transforms") void an_empty_batch_and_a_single_image_are_batches_too(Transform transform) {
        try (var scope = Scope.open(); var g = Generator.of(1)) {
            for (DType type : TYPES) {
                Tensor batch = images(type, g), many = transform.apply(batch, g);
                Tensor none = transform.apply(batch.narrow(0, 0, 0), g), one = transform.apply(batch.narrow(0, 3, 1), g);
                assertThat(none.dtype()).isEqualTo(many.dtype());
                assertThat(none.shape()).containsExactly(0, many.size(1), many.size(2), many.size(3));
                assertThat(one.shape()).containsExactly(1, many.size(1), many.size(2), many.size(3));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("transforms") void grey_images_are_images(Transform transform) {
        try (var scope = Scope.open(); var g = Generator.of(1)) {
            assertThat(transform.apply(images(DType.UINT8, g).narrow(1, 0, 1), g).size(1)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @MethodSource("transforms") void other_memory_orders_hold_the_same_images(Transform transform) {
        try (var scope = Scope.open(); var g = Generator.of(1); var a = Generator.of(2); var b = Generator.of(2)) {
            Tensor batch = images(DType.FLOAT64, g), channelsLast = batch.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
            assertThat(transform.apply(channelsLast, a).allClose(transform.apply(batch, b), 1e-5, 1e-6)).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("transforms") void one_image_without_its_batch_is_refused(Transform transform) {
        try (var scope = Scope.open(); var g = Generator.of(1)) {
            assertThatThrownBy(() -> transform.apply(Torch.zeros(3, 8, 7), g)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a batch of images must have the shape [N, C, H, W], but has [3, 8, 7]");
        }
    }
}
