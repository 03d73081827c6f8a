package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Three images at once, each with numbers of its own, against torchvision one by one: see src/test/python/transforms.py. */
@NoTensorLeaks
class ReferenceTest {
    private static Tensor each(double... perImage) { return Torch.tensor(perImage, perImage.length); }

    private static Tensor radians(double... degrees) { return each(degrees).deg2rad(); }

    @ParameterizedTest
    @ValueSource(strings = {"u8", "f32"}) void colours_are_torchvisions(String type) {
        try (var scope = Scope.open()) {
            Tensor x = Reference.tensor(type + ".images"), before = x.clone();
            Reference.same(Colors.brightness(x, each(0.3, 1, 1.7)), type + ".brightness", 0);
            Reference.same(Colors.contrast(x, each(0.3, 1.9, 0.8)), type + ".contrast", 1);
            Reference.same(Colors.saturation(x, each(0, 1.9, 0.6)), type + ".saturation", 1);
            Reference.same(Colors.hue(x, each(-0.4, 0.25, 0.5)), type + ".hue", 1);
            Reference.same(Colors.posterize(x, each(1, 4, 7)), type + ".posterize", 0);
            Reference.same(Colors.solarize(x, each(0, 0.5, 1).mul(Images.white(x))), type + ".solarize", 0);
            Reference.same(Filters.sharpness(x, each(0, 1.9, 0.4)), type + ".sharpness", 1);
            Reference.same(Filters.gaussianBlur(x, 5, each(0.3, 1, 2)), type + ".blur", 1);
            assertThat(x.torchEquals(before)).as("the batch itself").isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"u8", "f32"}) void changes_without_random_numbers_are_torchvisions(String type) {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            Tensor x = Reference.tensor(type + ".images");
            Reference.same(new Grayscale().apply(x, g), type + ".grey", 0);
            Reference.same(new Invert().apply(x, g), type + ".invert", 0);
            Reference.same(new AutoContrast().apply(x, g), type + ".autocontrast", 0);
            Reference.same(new Equalize().apply(x, g), type + ".equalize", 0);
            Reference.same(new Resize(3, 9).apply(x, g), type + ".resize", 0);
            Reference.same(new CenterCrop(3, 4).apply(x, g), type + ".center_crop", 0);
            Reference.same(new CenterCrop(4, 10).apply(x, g), type + ".center_crop_larger", 0);
            Reference.same(new ToFloat().apply(x, g), type + ".to_float", 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"u8", "f32"}) void moved_images_are_torchvisions(String type) {
        try (var scope = Scope.open()) {
            Tensor x = Reference.tensor(type + ".images"), zero = each(0), one = each(1);
            Tensor turned = Geometry.inverse(radians(-30, 77, -180.5), zero, zero, one, zero, zero, 0, 0);
            Reference.same(Geometry.warp(x, turned, Interpolation.BILINEAR, 0), type + ".rotate", 1);
            Tensor nearest = Geometry.inverse(radians(-31, 77, -4), zero, zero, one, zero, zero, 0, 0);
            Reference.same(Geometry.warp(x, nearest, Interpolation.NEAREST, type.equals("u8") ? 99 : 0.5), type + ".rotate_nearest", 0);
            Tensor affine = Geometry.inverse(radians(10, 0, -100), each(1, 0, 2), each(-2, 0, 1), each(0.8, 1.3, 1), radians(5, 0, 0),
                    radians(3, -20, 0), 0, 0);
            Reference.same(Geometry.warp(x, affine, Interpolation.BILINEAR, 0), type + ".affine", 1);
            Tensor sheared = Geometry.inverse(zero, zero, zero, one, radians(20, -35, 3), zero, -3.5, -3);
            Reference.same(Geometry.warp(x, sheared, Interpolation.BILINEAR, 0), type + ".shear_corner", 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"u8", "f32"}) void boxes_are_resized_as_torchvision_resizes_them(String type) {
        try (var scope = Scope.open()) {
            Tensor x = Reference.tensor(type + ".images");
            var boxes = new Boxes(each(0, 1, 2), each(0, 3, 1), each(6, 2, 4), each(7, 3, 6), Aten.ones(new long[] {3}, DType.INT64));
            Reference.same(Geometry.resample(x, boxes, 5, 4), type + ".resized_crop", 1);
        }
    }

    @Test void every_change_of_a_policy_is_torchvisions() {
        List<String> names = List.of("Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate", "Brightness", "Color",
                "Contrast", "Sharpness", "Posterize", "Solarize", "AutoContrast", "Equalize");
        try (var scope = Scope.open()) {
            Tensor x = Reference.tensor("u8.images"), share = each(3 / 30.0, 9 / 30.0, 1), signed = each(3 / 30.0, -9 / 30.0, 1);
            Tensor ninths = each(1 / 9.0, 3 / 9.0, 1), signedNinths = each(1 / 9.0, -3 / 9.0, 1);
            for (int k = 0; k < names.size(); k++) {
                Operation operation = Operation.values()[k];
                Tensor strength = operation.signed ? signed : share;
                Reference.same(operation.apply(x, strength, Operation.Limits.NARROW, Interpolation.NEAREST, 0),
                        "RandAugment." + names.get(k), 1);
                Reference.same(operation.apply(x, strength, Operation.Limits.WIDE, Interpolation.NEAREST, 0),
                        "TrivialAugmentWide." + names.get(k), 1);
                if (operation == Operation.IDENTITY) continue;
                Reference.same(
                        operation.apply(x, operation.signed ? signedNinths : ninths, Operation.Limits.MIXED, Interpolation.NEAREST, 0),
                        "AugMix." + names.get(k), 1);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"u8", "f32"}) void moved_corners_and_pixels_are_torchvisions(String type) {
        try (var scope = Scope.open()) {
            Tensor x = Reference.tensor(type + ".images");
            Tensor corners = Torch.tensor(new long[][][] {{{1, 0}, {6, 1}, {5, 5}, {0, 4}}, {{0, 2}, {5, 0}, {6, 3}, {2, 5}},
                {{0, 0}, {6, 0}, {6, 5}, {0, 5}}});
            Tensor coefficients = Geometry.coefficients(corners, 6, 7);
            Reference.same(Geometry.perspective(x, coefficients, Interpolation.BILINEAR, 0), type + ".perspective", 1);
            Reference.same(Geometry.perspective(x, coefficients, Interpolation.NEAREST, type.equals("u8") ? 99 : 0.5),
                    type + ".perspective_nearest", 0);
            Reference.same(Geometry.displace(x, Reference.tensor("displacement"), Interpolation.BILINEAR, 0), type + ".elastic", 1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"u8", "f32"}) void borders_and_other_sizes_are_torchvisions(String type) {
        try (var scope = Scope.open(); var g = Generator.of(0)) {
            Tensor x = Reference.tensor(type + ".images");
            for (Pad.Mode mode : Pad.Mode.values())
                Reference.same(new Pad(1, 2, 3, 4, mode, type.equals("u8") ? 99 : 0.5).apply(x, g),
                        type + ".pad_" + mode.name().toLowerCase(Locale.ROOT), 0);
            for (Interpolation interpolation : Interpolation.values()) {
                for (String antialias : List.of("True", "False")) {
                    String name = type + ".resize_" + interpolation.name().toLowerCase(Locale.ROOT) + "_" + antialias + "_";
                    Reference.same(new Resize(3, 9, interpolation, antialias.equals("True")).apply(x, g), name + 3, 1);
                    Reference.same(new Resize(13, 4, interpolation, antialias.equals("True")).apply(x, g), name + 13, 1);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource void policies_are_torchvisions(AutoAugmentPolicy policy) {
        try (var scope = Scope.open()) {
            Tensor table = Aten.stack(List.of(Torch.tensor(policy.changes(0)), Torch.tensor(policy.changes(1))), 1);
            table.select(2, 2).mul_(9).round_();
            Reference.same(table.to(DType.FLOAT32), "AutoAugment." + policy, 0);
            var method = new AutoAugment(policy);
            for (int k : new int[] {0, 5}) {
                Tensor chosen = Torch.tensor(new long[] {k, k + 8, k + 16});
                String name = "AutoAugment." + policy + "." + k + ".";
                Tensor once = method.change(Reference.tensor("u8.images"), 0, chosen, each(0, 0, 0), each(1, 1, 1));
                Reference.same(once, name + 0, 1);
                Reference.same(method.change(Reference.tensor(name + 0), 1, chosen, each(0, 0, 0), each(1, 1, 1)), name + 1, 1);
            }
            Tensor never =
                    method.change(Reference.tensor("u8.images"), 0, Torch.tensor(new long[] {0, 1, 2}), each(1, 1, 1), each(1, 1, 1));
            if (policy == AutoAugmentPolicy.IMAGENET) assertThat(never.torchEquals(Reference.tensor("u8.images"))).isTrue();
        }
    }
}
