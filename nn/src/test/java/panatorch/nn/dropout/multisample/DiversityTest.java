package panatorch.nn.dropout.multisample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Nn;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.AdaptiveAvgPool2d;
import panatorch.nn.AdaptiveMaxPool2d;
import panatorch.nn.AvgPool2d;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaskSource;
import panatorch.nn.MaxPool2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.Sigmoid;
import panatorch.nn.functional.CrossEntropy;

/** Samples that see mirrored and differently padded maps: each against the same done to one sample by hand. */
@NoTensorLeaks
class DiversityTest {
    private static final int N = 2, CHANNELS = 3, SIZE = 7, C = 4;

    private static Tensor maps() { return Aten.randn(new long[] {N, CHANNELS, SIZE, SIZE}, DType.FLOAT64); }

    private static Tensor labels() { return Torch.tensor(new long[] {3, 1}); }

    private static Sequential head(int features) {
        var head = new Sequential(new Flatten(), new Linear(features, C));
        head.to(DType.FLOAT64);
        return head;
    }

    /** Bit 0 and bit 1 of the sample's index, or bit 0 for one of the two alone. */
    @ParameterizedTest
    @ValueSource(strings = {"flip", "padding", "both"}) void each_sample_sees_what_its_index_says(String kind) {
        boolean flip = !kind.equals("padding"), pad = !kind.equals("flip");
        for (int samples : new int[] {1, 2, 3, 4, 7}) {
            Torch.manualSeed(samples);
            try (var head = head(pad ? CHANNELS * 4 * 3 : CHANNELS * SIZE * SIZE); var scope = Scope.open()) {
                Tensor maps = maps().requiresGrad_(true);
                Tensor kept = Aten.rand(new long[] {samples, N, CHANNELS, pad ? 3 : SIZE, pad ? 4 : SIZE}, DType.FLOAT64).gt(0.5);
                Tensor looped = Torch.zeros(DType.FLOAT64);
                for (int m = 0; m < samples; m++) {
                    boolean mirrored = flip && m % 2 == 1, left = pad && (flip ? m / 2 % 2 == 1 : m % 2 == 1);
                    Tensor seen = mirrored ? maps.flip(3) : maps;
                    if (pad) seen = Aten.maxPool2d(seen.constantPadNd(left ? new long[] {1, 0, 0, 0} : new long[] {0, 1, 0, 0}), 2);
                    looped = looped.add(CrossEntropy.crossEntropy(head.forward(seen.mul(kept.select(0, m)).div(0.5)), labels()));
                }
                looped.div(samples).backward();
                double[] expected = maps.grad().toDoubleArray();
                for (int chunks = 1; chunks <= samples; chunks++) {
                    maps.setGrad(null);
                    var masks = new Tensor[chunks];
                    for (int c = 0; c < chunks; c++) masks[c] = kept.slice(0, (long) c * samples / chunks, (c + 1L) * samples / chunks, 1);
                    var dropout = new Dropout(0.5);
                    dropout.setMasks(MaskSource.given(masks));
                    Diversity diversity = flip ? Diversity.NONE.withFlip() : Diversity.NONE;
                    if (pad) diversity = diversity.withPadding(Diversity.Pool.MAX, 2);
                    Tensor loss =
                            new MultiSampleDropout(MultiSampleDropout.options(samples).dropout(dropout).chunks(chunks).diversity(diversity),
                                    head).loss(maps, labels());
                    loss.backward();
                    assertThat(loss.itemDouble()).isCloseTo(looped.itemDouble() / samples, within(1e-12));
                    assertThat(maps.grad().toDoubleArray()).containsExactly(expected, within(1e-12));
                }
                maps.setGrad(null);
            }
        }
    }

    @Test void of_an_odd_number_of_samples_the_larger_half_is_plain() {
        try (var scope = Scope.open()) {
            Tensor variants = Diversity.NONE.withFlip().variants(maps()), five = Samples.of(variants, 0, 5, true);
            long mirrored = 0;
            for (int m = 0; m < 5; m++) if (five.select(0, m).torchEquals(variants.select(0, 1))) mirrored++;
            assertThat(mirrored).isEqualTo(2);
        }
    }

    @Test void evaluation_mirrors_nothing_pads_on_the_right_and_draws_no_random_number() {
        try (var head = head(CHANNELS * 3 * 4); var generator = Generator.global(); var scope = Scope.open()) {
            head.eval();
            Tensor maps = maps();
            byte[] before = generator.state().toByteArray();
            var options =
                    MultiSampleDropout.options(4).dropout(0.5).diversity(Diversity.NONE.withFlip().withPadding(Diversity.Pool.MEAN, 2));
            Tensor logits = new MultiSampleDropout(options, head).apply(maps, labels(), CrossEntropy.mean()).logits();
            Tensor seen = Nn.avgPool2d(maps.constantPadNd(new long[] {0, 1}), new long[] {2, 2}, new long[] {2, 2}, new long[] {0, 0},
                    false, true, null);
            assertThat(logits.torchEquals(head.forward(seen))).isTrue();
            assertThat(generator.state().toByteArray()).isEqualTo(before);
        }
    }

    private static void flipTo(Module head, Tensor maps) {
        try (head; var scope = Scope.open()) {
            head.to(DType.FLOAT64);
            new MultiSampleDropout(MultiSampleDropout.options(2).dropout(0.5).diversity(Diversity.NONE.withFlip()), head).loss(maps,
                    labels());
        }
    }

    @Test void a_flip_in_front_of_a_global_pool_is_refused_with_a_sentence() {
        try (var scope = Scope.open()) {
            Tensor maps = maps();
            for (Module pool : new Module[] {new AdaptiveAvgPool2d(1), new AdaptiveMaxPool2d(1), new AvgPool2d(SIZE), new MaxPool2d(SIZE),
                new GlobalMean()}) {
                var behind = new Sequential(new BatchNorm2d(CHANNELS), new Sequential(new ReLU(true), new Sigmoid(), new Dropout(0.1)),
                        pool, new Flatten(), new Linear(CHANNELS, C));
                assertThatThrownBy(() -> flipTo(behind, maps)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("gives equal results for maps and mirrored maps")
                        .hasMessageContaining(pool.getClass().getSimpleName());
            }
        }
    }

    private static final class GlobalMean extends Module {
        @Override public Tensor forward(Tensor input) { return input.mean(new long[] {2, 3}, false); }
    }

    @Test void a_flip_in_front_of_what_sees_places_is_not_refused() {
        try (var scope = Scope.open()) {
            Tensor maps = maps();
            assertThatCode(() -> {
                flipTo(new Sequential(new Flatten(), new Linear(CHANNELS * SIZE * SIZE, C)), maps);
                flipTo(new Sequential(new ReLU(), new AdaptiveAvgPool2d(3), new Flatten(), new Linear(CHANNELS * 9, C)), maps);
                flipTo(new Sequential(new MaxPool2d(2), new Flatten(), new Linear(CHANNELS * 9, C)), maps);
                flipTo(new Sequential(new Conv2d(CHANNELS, C, 3), new AdaptiveAvgPool2d(1), new Flatten()), maps);
            }).doesNotThrowAnyException();
        }
    }

    @Test void what_cannot_be_mirrored_or_padded_is_refused_with_a_sentence() {
        try (var head = head(CHANNELS); var scope = Scope.open()) {
            var flip = new MultiSampleDropout(MultiSampleDropout.options(2).diversity(Diversity.NONE.withFlip()), head);
            assertThatThrownBy(() -> flip.loss(Aten.randn(N, 5), labels())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("maps [N, C, H, W]");
            assertThatThrownBy(() -> flip.loss(Aten.randn(N, CHANNELS, 4, 1), labels())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("maps of width 1");
            var padding = new MultiSampleDropout(MultiSampleDropout.options(2).diversity(Diversity.NONE.withPadding(Diversity.Pool.MAX, 2)),
                    head);
            assertThatThrownBy(() -> padding.loss(Aten.randn(N, CHANNELS, 8, 8), labels())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("maps of width 8 need no padding for windows of 2");
            assertThatThrownBy(() -> Diversity.NONE.withPadding(Diversity.Pool.MAX, 1)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
