package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What is drawn is distributed as its definition says: every mean within five standard deviations of that mean. */
@NoTensorLeaks
class DistributionTest {
    private static final int N = 20_000;

    /** A share of {@code p} in N draws. */
    private static void share(double counted, double p) {
        assertThat(counted).isCloseTo(p, within(5 * Math.sqrt(p * (1 - p) / N)));
    }

    /** The mean of numbers uniform from {@code low} to {@code high}. */
    private static void uniform(Tensor x, double low, double high) {
        assertThat(x.mean().itemDouble()).isCloseTo((low + high) / 2, within(5 * (high - low) / Math.sqrt(12.0 * N)));
        assertThat(x.min().itemDouble()).isBetween(low, low + (high - low) / 100);
        assertThat(x.max().itemDouble()).isBetween(high - (high - low) / 100, high);
    }

    @Test void a_range_is_uniform_and_a_ratio_uniform_in_its_logarithm() {
        try (var scope = Scope.open(); var g = Generator.of(1)) {
            uniform(new Range(-2, 5).draw(N, g), -2, 5);
            uniform(new Range(0.5, 2).drawLogarithmic(g, N).log(), Math.log(0.5), Math.log(2));
            assertThat(new Range(3, 3).draw(4, g).toDoubleArray()).containsOnly(3);
        }
    }

    @Test void a_vertical_flip_turns_a_share_of_p_upside_down() {
        try (var scope = Scope.open(); var g = Generator.of(2)) {
            Tensor batch = Torch.tensor(new float[] {0, 1}, 1, 1, 2, 1).expand(N, 1, 2, 1);
            share(new RandomVerticalFlip(0.3).apply(batch, g).select(2, 0).mean().itemDouble(), 0.3);
        }
    }

    @Test void random_apply_changes_a_share_of_p_and_only_those() {
        try (var scope = Scope.open(); var g = Generator.of(3)) {
            Tensor batch = Aten.zeros(new long[] {N, 1, 1, 1}, DType.UINT8);
            Tensor after = new RandomApply(0.2, new Invert()).apply(batch, g);
            share(after.eq(255).to(DType.FLOAT64).mean().itemDouble(), 0.2);
            share(after.eq(0).to(DType.FLOAT64).mean().itemDouble(), 0.8);
        }
    }

    @Test void random_choice_makes_each_change_equally_often_and_keeps_the_order_of_the_images() {
        try (var scope = Scope.open(); var g = Generator.of(4)) {
            Tensor batch = Aten.arange(N, DType.FLOAT64).view(N, 1, 1, 1);
            Tensor added = RandomChoice.of((x, r) -> x.add(0.25), (x, r) -> x.add(0.5), (x, r) -> x).apply(batch, g).sub(batch);
            for (double d : new double[] {0, 0.25, 0.5}) share(added.eq(d).to(DType.FLOAT64).mean().itemDouble(), 1 / 3.0);
        }
    }

    @Test void a_resized_crops_boxes_lie_inside_and_have_the_shares_ratios_and_places_asked_for() {
        try (var scope = Scope.open(); var g = Generator.of(5)) {
            long side = 400;
            Boxes boxes = new RandomResizedCrop(8, 8, new Range(0.1, 0.5), new Range(0.5, 2)).boxes(N, side, side, g);
            // Rounding to whole pixels moves the share by less than a 400th.
            uniform(boxes.height().mul(boxes.width()).div(side * side).clamp(0.1, 0.5), 0.1, 0.5);
            uniform(boxes.width().div(boxes.height()).log().clamp(-Math.log(2), Math.log(2)), -Math.log(2), Math.log(2));
            for (Tensor start : new Tensor[] {boxes.top().div(boxes.height().rsub(side)), boxes.left().div(boxes.width().rsub(side))})
                uniform(start, 0, 1);
            assertThat(boxes.top().add(boxes.height()).max().itemDouble()).isLessThanOrEqualTo(side);
            assertThat(boxes.left().add(boxes.width()).max().itemDouble()).isLessThanOrEqualTo(side);
        }
    }

    @Test void where_no_box_fits_the_largest_central_one_of_an_allowed_ratio_is_cut() {
        try (var scope = Scope.open(); var g = Generator.of(6)) {
            Boxes wide = new RandomResizedCrop(8, 8, new Range(1, 1), new Range(1, 2)).boxes(50, 10, 100, g);
            assertThat(wide.height().toDoubleArray()).containsOnly(10);
            assertThat(wide.width().toDoubleArray()).containsOnly(20);
            assertThat(wide.left().toDoubleArray()).containsOnly(40);
            Boxes high = new RandomResizedCrop(8, 8, new Range(1, 1), new Range(0.5, 1)).boxes(50, 100, 10, g);
            assertThat(high.height().toDoubleArray()).containsOnly(20);
            assertThat(high.top().toDoubleArray()).containsOnly(40);
        }
    }

    @Test void random_erasing_paints_boxes_of_the_shares_asked_for_into_a_share_of_p() {
        try (var scope = Scope.open(); var g = Generator.of(7)) {
            Tensor batch = Torch.ones(DType.FLOAT32, N, 1, 40, 40);
            Tensor erased = new RandomErasing(0.6, new Range(0.1, 0.3), new Range(0.5, 2), 0).apply(batch, g).rsub(1)
                    .sum(new long[] {1, 2, 3}).div(1600);
            Tensor painted = erased.gt(0);
            double share = painted.to(DType.FLOAT64).mean().itemDouble();
            share(share, 0.6);
            double mean = erased.mean(DType.FLOAT64).itemDouble() / share; // a tenth of a pixel's rounding on average
            assertThat(mean).isCloseTo(0.2, within(5 * 0.2 / Math.sqrt(12 * 0.6 * N) + 1e-3));
        }
    }

    @Test void cutouts_middle_is_any_pixel() {
        try (var scope = Scope.open(); var g = Generator.of(8)) {
            Tensor cut = new Cutout(3).apply(Torch.ones(DType.UINT8, N, 2, 5, 7), g).eq(0).to(DType.FLOAT64).mean(new long[] {0});
            double[] shares = cut.toDoubleArray();
            for (int i = 0; i < shares.length; i++) {
                int y = i % 35 / 7, x = i % 7; // a pixel is covered from those of its neighbours that exist
                int middles = (y == 0 || y == 4 ? 2 : 3) * (x == 0 || x == 6 ? 2 : 3);
                share(shares[i], middles / 35.0);
            }
        }
    }

    @Test void colour_jitter_draws_uniform_factors_and_every_order() {
        try (var scope = Scope.open(); var g = Generator.of(9)) {
            Tensor grey = Aten.full(new long[] {N, 1, 1, 1}, 0.5, DType.FLOAT64);
            uniform(ColorJitter.of(0.4, 0, 0, 0).apply(grey, g).mul(2), 0.6, 1.4);
            // Brightness by 2 cuts off at white, contrast by 0 is the mean: {0, 0.8} becomes 0.8 this way round, min(1.6, 1)/2 that way.
            Tensor two = Torch.tensor(new double[] {0, 0.8}, 1, 1, 1, 2).expand(N, 1, 1, 2);
            Tensor after = new ColorJitter(new Range(2, 2), new Range(0, 0), new Range(1, 1), new Range(0, 0)).apply(two, g).select(3, 0);
            share(after.gt(0.7).to(DType.FLOAT64).mean().itemDouble(), 0.5);
            share(after.sub(0.5).abs().lt(1e-6).to(DType.FLOAT64).mean().itemDouble(), 0.5);
        }
    }

    @Test void an_affine_map_moves_by_up_to_its_share_in_whole_pixels() {
        try (var scope = Scope.open(); var g = Generator.of(10)) {
            // A row whose pixel in the middle is white shows where it went.
            Tensor batch = Aten.zeros(new long[] {N, 1, 1, 41}, DType.FLOAT32);
            batch.select(3, 20).fill_(1);
            Tensor moved = RandomAffine.rotation(0).translate(0.25, 0).apply(batch, g).view(N, 41).argmax(1).sub(20).to(DType.FLOAT64);
            assertThat(moved.mean().itemDouble()).isCloseTo(0, within(5 * 20.5 / Math.sqrt(12.0 * N)));
            assertThat(moved.abs().max().itemDouble()).isEqualTo(10);
        }
    }

    @Test void randaugment_and_trivialaugment_choose_each_of_14_changes_equally_often() {
        try (var scope = Scope.open(); var g = Generator.of(11); var same = Generator.of(11)) {
            Tensor choice = Aten.randint(RandAugment.CHOICES, new long[] {N}, same);
            double[] shares = Aten.bincount(choice, null, 14).to(DType.FLOAT64).div(N).toDoubleArray();
            for (double s : shares) share(s, 1 / 14.0);
            // Each image becomes what its change makes of it alone, the random sign included.
            Tensor images = Aten.rand(new long[] {30, 3, 8, 9}, g);
            try (var a = Generator.of(12); var b = Generator.of(12)) {
                Tensor together = new RandAugment(1, 12).apply(images, a);
                int[] chosen = Aten.randint(RandAugment.CHOICES, new long[] {30}, b).to(DType.INT32).toIntArray();
                double[] coin = Range.uniform(b, 30).toDoubleArray();
                IntStream.range(0, 30).forEach(i -> {
                    Operation operation = Operation.values()[chosen[i]];
                    double strength = 0.4 * (operation.signed && coin[i] < 0.5 ? -1 : 1);
                    Tensor alone = operation.apply(images.narrow(0, i, 1), Torch.tensor(new double[] {strength}, 1),
                            Operation.Limits.NARROW, Interpolation.NEAREST, 0);
                    assertThat(together.narrow(0, i, 1).allClose(alone, 1e-6, 1e-6)).as(operation.name()).isTrue();
                });
            }
        }
    }

    @Test void an_image_of_augmix_is_a_weighted_mean_of_itself_and_what_a_change_makes_of_it() {
        try (var scope = Scope.open(); var g = Generator.of(11); var a = Generator.of(12); var b = Generator.of(12)) {
            Tensor images = Aten.rand(new long[] {30, 3, 8, 9}, g);
            Tensor together = new AugMix(5, 1, 1, 2, true, Interpolation.NEAREST, 0).apply(images, a);
            double[] own = Aten._sampleDirichlet(Aten.full(new long[] {30, 2}, 2.0), b).toDoubleArray();
            Aten._sampleDirichlet(Aten.full(new long[] {30, 1}, 2.0), b);
            int[] chosen = Aten.randint(1, 14, new long[] {30}, b).toIntArray();
            double[] strengths = Aten.randint(5, new long[] {30}, b).toDoubleArray(), coin = Range.uniform(b, 30).toDoubleArray();
            IntStream.range(0, 30).forEach(i -> {
                Operation operation = Operation.values()[chosen[i]];
                Tensor strength = Torch.tensor(new double[] {strengths[i] / 9 * (operation.signed && coin[i] < 0.5 ? -1 : 1)}, 1);
                Tensor image = images.narrow(0, i, 1);
                Tensor changed = operation.apply(image, strength, Operation.Limits.MIXED, Interpolation.NEAREST, 0);
                Tensor mean = image.mul(own[2 * i]).add(changed.mul(own[2 * i + 1]));
                assertThat(together.narrow(0, i, 1).allClose(mean, 1e-5, 1e-6)).as(operation.name()).isTrue();
            });
        }
    }
}
