package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.testing.Testing;

/**
 * Boxes, masks and keypoints against what is painted in the image at their places, and boxes against torchvision 0.28:
 *
 * <pre>
 * from torchvision import tv_tensors
 * from torchvision.transforms.v2 import functional as F
 * b = tv_tensors.BoundingBoxes([[2., 3., 9., 11.], [10., 0., 20., 6.]], format="XYXY", canvas_size=(16, 20))
 * F.horizontal_flip(b); F.vertical_flip(b); F.resize(b, [8, 40]); F.pad(b, [1, 2, 3, 4]); F.center_crop(b, [6, 30])
 * F.affine(b, angle=30., translate=[3, -2], scale=1.2, shear=[5., -4.])
 * F.perspective(b, [[0, 0], [19, 0], [19, 15], [0, 15]], [[2, 1], [17, 3], [18, 14], [1, 12]])
 * </pre>
 */
@NoTensorLeaks
class AnnotatedTest {
    private static final double[] BOXES = {2, 3, 9, 11, 10, 0, 20, 6};

    private static RandomAffine affine() {
        var none = new Range(0, 0);
        return new RandomAffine(new Range(30, 30), new Range(3 / 20.0, 3 / 20.0), new Range(-2 / 16.0, -2 / 16.0), new Range(1.2, 1.2),
                new Range(5, 5), new Range(-4, -4), Interpolation.BILINEAR, none.low());
    }

    static Stream<Arguments> fixed() {
        return Stream.of(Arguments.of(new RandomHorizontalFlip(1), new double[] {11, 3, 18, 11, 0, 0, 10, 6}),
                Arguments.of(new RandomVerticalFlip(1), new double[] {2, 5, 9, 13, 10, 10, 20, 16}),
                Arguments.of(new Resize(8, 40), new double[] {4, 1.5, 18, 5.5, 20, 0, 40, 3}),
                Arguments.of(new Pad(1, 2, 3, 4, Pad.Mode.CONSTANT, 0), new double[] {3, 5, 10, 13, 11, 2, 21, 8}),
                Arguments.of(new CenterCrop(6, 30), new double[] {7, 0, 14, 6, 15, 0, 25, 1}),
                Arguments.of(affine(), new double[] {2.960054, 0, 15.438977, 8.268468, 14.3745, 0, 20, 10.765942}));
    }

    @ParameterizedTest
    @MethodSource("fixed") void a_box_moves_as_in_torchvision(Transform transform, double[] python) {
        try (var scope = Scope.open(); var g = Generator.of(1)) {
            Annotated changed = transform.apply(Annotated.of(Torch.zeros(3, 16, 20)).withBoxes(Torch.tensor(BOXES).view(2, 4)), g);
            Testing.assertClose(changed.boxes(), Torch.tensor(python).view(2, 4), 1e-6, 1e-5);
        }
    }

    @Test void a_box_follows_a_change_of_perspective_as_in_torchvision() {
        try (var scope = Scope.open()) {
            Tensor to = Torch.tensor(new long[] {2, 1, 17, 3, 18, 14, 1, 12}).view(1, 4, 2);
            GeometricTransform fixed = (n, h, w, g) -> new Movement(h, w, x -> x, x -> x,
                    points -> Geometry.move(points, Geometry.coefficients(to, h, w)));
            var sample = Annotated.of(Torch.zeros(3, 16, 20)).withBoxes(Torch.tensor(BOXES).view(2, 4));
            Annotated changed = fixed.apply(sample, Generator.global());
            Tensor python = Torch.tensor(new double[] {
                3.056708, 3.200791, 9.179904, 9.748577, 9.974684, 2.063291, 18.179824, 7.180874}).view(2, 4);
            Testing.assertClose(changed.boxes(), python, 1e-5, 1e-4);
        }
    }

    static Stream<Transform> moving() {
        return Stream.of(new RandomHorizontalFlip(0.5), new RandomVerticalFlip(0.5), new Resize(90, 60), new CenterCrop(50, 100),
                new RandomCrop(40, 5), RandomResizedCrop.of(70), new Pad(1, 2, 3, 4, Pad.Mode.CONSTANT, 0),
                RandomAffine.rotation(30).translate(0.2, 0.1).scale(0.8, 1.3).shear(10, 10), new RandomPerspective(),
                new RandomApply(0.5, new RandomPerspective()), RandomChoice.of(new Resize(40, 40), new Pad(2)),
                Compose.of(new RandomHorizontalFlip(0.5), RandomAffine.rotation(15), new Resize(100, 90), new RandomCrop(80, 0)));
    }

    /** An image of 64 by 80 pixels with one white rectangle, its mask, its box, and its corners as keypoints. */
    private static Annotated painted() {
        Tensor mask = Torch.zeros(DType.UINT8, 1, 64, 80);
        mask.narrow(1, 20, 24).narrow(2, 30, 28).fill_(1);
        return Annotated.of(mask.mul(255).expand(3, 64, 80).contiguous()).withMasks(mask.to(DType.BOOL))
                .withBoxes(Torch.tensor(new float[][] {{30, 20, 58, 44}}))
                .withKeypoints(Torch.tensor(new float[][][] {{{30, 20}, {58, 20}, {58, 44}, {30, 44}}}))
                .withLabels(Torch.tensor(new long[] {7}));
    }

    @ParameterizedTest
    @MethodSource("moving") void box_mask_and_keypoints_stay_at_what_is_painted(Transform transform) {
        for (int seed = 0; seed < 20; seed++) {
            try (var scope = Scope.open(); var g = Generator.of(seed)) {
                Annotated changed = transform.apply(painted(), g);
                long height = changed.image().size(1), width = changed.image().size(2);
                Tensor white = changed.image().get(0).gt(127);
                assertThat(changed.masks().shape()).containsExactly(1, height, width);
                double differ = changed.masks().get(0).ne(white).to(DType.FLOAT64).mean().itemDouble();
                assertThat(differ).as("share of pixels at which mask and image differ").isLessThan(0.02);
                assertThat(changed.labels().itemLong()).isEqualTo(7);

                Tensor places = white.nonzero();
                if (places.size(0) == 0) continue;
                Tensor low = places.amin(0), high = places.amax(0).add(1);
                double[] box = changed.boxes().to(DType.FLOAT64).toDoubleArray();
                // The corner of a turned rectangle fills its last pixels only in part.
                double[] seen = {low.get(1).itemDouble(), low.get(0).itemDouble(), high.get(1).itemDouble(), high.get(0).itemDouble()};
                for (int i = 0; i < 4; i++) assertThat(seen[i]).as("edge %d of seed %d", i, seed).isCloseTo(box[i], offset(3.5));
                Tensor x = changed.keypoints().select(2, 0).clamp(0, width), y = changed.keypoints().select(2, 1).clamp(0, height);
                Tensor around = Aten.stack(List.of(x.amin(1), y.amin(1), x.amax(1), y.amax(1)), 1);
                Testing.assertClose(around, changed.boxes(), 1e-5, 1e-3);
            }
        }
    }

    @Test void an_image_moves_as_it_does_alone() {
        try (var scope = Scope.open(); var a = Generator.of(4); var b = Generator.of(4)) {
            Annotated sample = painted();
            for (Transform t : moving().filter(GeometricTransform.class::isInstance).toList())
                assertThat(t.apply(sample, a).image().torchEquals(t.apply(sample.image().unsqueeze(0), b).get(0))).as("%s", t).isTrue();
        }
    }

    @Test void a_change_of_colours_leaves_the_annotations() {
        try (var scope = Scope.open(); var g = Generator.of(1)) {
            Annotated sample = painted(), changed = Compose.of(new Invert(), new ToFloat(), RandomErasing.of(1)).apply(sample, g);
            assertThat(changed.boxes()).isSameAs(sample.boxes());
            assertThat(changed.masks()).isSameAs(sample.masks());
            assertThat(changed.image().dtype()).isEqualTo(DType.FLOAT32);
        }
    }

    @Test void a_transform_that_does_not_say_where_boxes_go_is_refused() {
        try (var scope = Scope.open(); var g = Generator.of(1)) {
            Annotated sample = painted();
            assertThatThrownBy(() -> new AugMix().apply(sample, g)).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContaining("AugMix").hasMessageContaining("boxes");
            Transform own = (x, generator) -> x.flip(-1);
            assertThatThrownBy(() -> own.apply(sample, g)).isInstanceOf(UnsupportedOperationException.class);
            assertThat(own.apply(Annotated.of(sample.image()), g).image().shape()).containsExactly(3, 64, 80);
        }
    }

    @Test void an_object_of_which_a_crop_left_nothing_is_removed_with_all_that_belongs_to_it() {
        try (var scope = Scope.open(); var g = Generator.of(1)) {
            Annotated one = painted(), two = new Annotated(one.image(), Torch.tensor(new float[][] {{0, 0, 9, 9}, {30, 20, 58, 44}}),
                    one.masks().expand(2, 64, 80), one.keypoints().expand(2, 4, 2), Torch.tensor(new long[] {5, 7}));
            Annotated left = Compose.of(new CenterCrop(32, 40), new SanitizeBoundingBoxes()).apply(two, g);
            assertThat(left.labels().toLongArray()).containsExactly(7);
            assertThat(left.boxes().toFloatArray()).containsExactly(10, 4, 38, 28);
            assertThat(left.masks().size(0)).isEqualTo(left.keypoints().size(0)).isEqualTo(1);
            Annotated none = new SanitizeBoundingBoxes(30, 0).apply(one, g);
            assertThat(none.boxes().shape()).containsExactly(0, 4);
            assertThat(new RandomCrop(8, 0).apply(none, g).masks().shape()).containsExactly(0, 8, 8);
        }
    }

    @Test void annotations_that_do_not_fit_are_refused() {
        try (var scope = Scope.open()) {
            Annotated sample = painted();
            assertThatThrownBy(() -> sample.withBoxes(Torch.zeros(1, 5))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[M, 4]");
            assertThatThrownBy(() -> sample.withMasks(Torch.zeros(1, 64, 81))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> sample.withLabels(Torch.zeros(2))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("same objects");
            assertThatThrownBy(() -> Annotated.of(Torch.zeros(1, 3, 8, 8))).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
