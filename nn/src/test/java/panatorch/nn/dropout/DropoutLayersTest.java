package panatorch.nn.dropout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Aten;
import panatorch.Autocast;
import panatorch.DType;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.AlphaDropout;
import panatorch.nn.Dropout;
import panatorch.nn.Dropout1d;
import panatorch.nn.Dropout2d;
import panatorch.nn.Dropout3d;
import panatorch.nn.DropoutLayer;
import panatorch.nn.FeatureAlphaDropout;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;

/** What holds for every layer of dropout, and what each of this package does; those of torchvision are compared with it in native-tests. */
@NoTensorLeaks
class DropoutLayersTest {
    /** A layer, a source of its masks, and a shape that it takes. */
    private record Case(DropoutLayer layer, long... shape) {
        Tensor input() { return Torch.randn(shape); }

        static MaskSource source(DropoutLayer layer, Generator generator) {
            return layer instanceof GaussianDropout ? GaussianDropout.noise(generator) : MaskSource.of(generator);
        }

        @Override public String toString() { return layer.toString(); }
    }

    static Stream<Case> all() {
        return Stream.of(new Case(new Dropout(0.4), 4, 3), new Case(new Dropout1d(0.4), 4, 3, 5), new Case(new Dropout2d(0.4), 2, 8, 3, 3),
                new Case(new Dropout3d(0.4), 2, 8, 3, 3, 2),
                new Case(new AlphaDropout(0.4), 4, 3), new Case(new FeatureAlphaDropout(0.4), 4, 3, 2),
                new Case(new StochasticDepth(0.4, StochasticDepth.Mode.ROW), 20, 2),
                new Case(new StochasticDepth(0.4, StochasticDepth.Mode.BATCH), 3, 2), new Case(new LockedDropout(0.4), 3, 4, 5),
                new Case(new LockedDropout(0.4, true), 3, 4, 5),
                new Case(new GaussianDropout(0.4), 4, 3), new Case(new DropBlock2d(0.4, 3), 2, 3, 6, 6),
                new Case(new DropBlock3d(0.4, 3), 2, 2, 5, 6, 6), new Case(new DropConnect(5, 6, 0.4), 4, 5));
    }

    @ParameterizedTest
    @MethodSource("all") void one_state_of_a_generator_gives_one_result_and_the_global_one_stays(Case c) {
        try (var layer = c.layer; var generator = Generator.of(3); var global = Generator.global(); var scope = Scope.open()) {
            Tensor x = c.input();
            byte[] before = global.state().toByteArray();
            layer.setMasks(Case.source(layer, generator));
            Tensor y = layer.forward(x);
            layer.forward(x);
            generator.manualSeed(3);
            assertThat(layer.forward(x).torchEquals(y)).isTrue();
            assertThat(global.state().toByteArray()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @MethodSource("all") void evaluation_draws_nothing_and_is_what_p_of_0_is_in_training(Case c) {
        try (var layer = c.layer; var generator = Generator.global(); var scope = Scope.open()) {
            Tensor x = c.input();
            byte[] before = generator.state().toByteArray();
            layer.eval();
            Tensor y = layer.forward(x);
            layer.train();
            layer.setP(0);
            assertThat(layer.forward(x).torchEquals(y)).isTrue();
            if (!(layer instanceof DropConnect)) assertThat(y.torchEquals(x)).isTrue();
            assertThat(generator.state().toByteArray()).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @MethodSource("all") void a_copy_has_the_same_options_and_source_and_a_step_waits_for_no_number(Case c) {
        try (var layer = c.layer; var generator = Generator.of(3); var copy = Module.copyOf(layer); var scope = Scope.open()) {
            assertThat(copy).hasToString(layer.toString());
            Tensor x = c.input();
            layer.setMasks(Case.source(layer, generator));
            Tensor y = layer.forward(x);
            generator.manualSeed(3);
            copy.setMasks(layer.masks());
            assertThat(copy.forward(x).torchEquals(y)).isTrue();
            copy.setMasks(null);
            Tensor leaf = x.clone().requiresGrad_(true);
            assertThat(NoSynchronization.during(() -> copy.forward(leaf).sum().backward())).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("all") void halves_stay_halves_and_nothing_is_left_if_all_is_dropped(Case c) {
        try (var layer = c.layer; var scope = Scope.open()) {
            layer.to(DType.BFLOAT16);
            Tensor x = c.input().to(DType.BFLOAT16);
            Tensor y = layer.forward(x);
            assertThat(y.dtype()).isEqualTo(DType.BFLOAT16);
            if (layer instanceof GaussianDropout) return;
            layer.setP(1);
            Tensor none = layer.forward(x).to(DType.FLOAT32);
            if (layer instanceof DropConnect) none = none.sub(layer.parameter("bias"));
            if (layer instanceof DropBlock2d || layer instanceof DropBlock3d)
                assertThat(none.isfinite().all().itemBoolean()).as("blocks overlap, so some elements stay").isTrue();
            else
                assertThat(none.abs().max().itemDouble()).isZero();
        }
    }

    @Test void dropped_weights_are_those_of_the_mask_and_take_no_gradient() {
        try (var layer = new DropConnect(3, 2, 0.5); var scope = Scope.open()) {
            Tensor kept = Torch.tensor(new float[] {1, 0, 1, 0, 1, 0}, 2, 3), x = Torch.randn(4, 3);
            layer.setMasks(MaskSource.given(kept));
            Tensor y = layer.forward(x), expected = x.matmul(layer.parameter("weight").mul(kept).mul(2).t()).add(layer.parameter("bias"));
            assertThat(y.allClose(expected, 1e-6, 1e-6)).isTrue();
            y.sum().backward();
            assertThat(layer.parameter("weight").grad().allClose(kept.mul(2).mul(x.sum(0)), 1e-5, 1e-6)).isTrue();
            assertThat(layer.parameter("bias").grad().toFloatArray()).containsOnly(4);
        }
    }

    @Test void weights_are_dropped_under_autocast() {
        try (var layer = new DropConnect(3, 2, 0.5); var scope = Scope.open();
                var autocast = Autocast.enter(Device.Type.CPU, DType.BFLOAT16)) {
            Tensor y = layer.forward(Torch.randn(4, 3));
            assertThat(y.dtype()).isEqualTo(DType.BFLOAT16);
            y.sum().backward();
            assertThat(layer.parameter("weight").grad().dtype()).isEqualTo(DType.FLOAT32);
        }
    }

    @Test void a_sequence_keeps_its_mask_over_time_and_sequences_differ() {
        Torch.manualSeed(1);
        try (var layer = new LockedDropout(0.5); var batchFirst = new LockedDropout(0.5, true); var scope = Scope.open()) {
            Tensor y = layer.forward(Torch.ones(6, 4, 30));
            for (int t = 1; t < 6; t++) assertThat(y.select(0, t).torchEquals(y.select(0, 0))).isTrue();
            assertThat(y.select(1, 0).torchEquals(y.select(1, 1))).isFalse();
            Tensor z = batchFirst.forward(Torch.ones(4, 6, 30));
            assertThat(z.select(1, 5).torchEquals(z.select(1, 0))).isTrue();
            assertThat(z.select(0, 0).torchEquals(z.select(0, 1))).isFalse();
            assertThatThrownBy(() -> layer.forward(Torch.ones(2, 3)))
                    .hasMessage("LockedDropout takes sequences of three dimensions, not float32 [2, 3] on cpu");
        }
    }

    @Test void gaussian_noise_has_the_mean_and_variance_of_dropout() {
        Torch.manualSeed(1);
        try (var layer = new GaussianDropout(0.3); var scope = Scope.open()) {
            int n = 200_000;
            Tensor y = layer.forward(Torch.ones(DType.FLOAT64, n)), dropped = Aten.dropout(Torch.ones(DType.FLOAT64, n), 0.3, true);
            double variance = 0.3 / 0.7;
            assertThat(y.mean().itemDouble()).isCloseTo(1, within(5 * Math.sqrt(variance / n)));
            assertThat(y.var(true).itemDouble()).isCloseTo(variance, within(5 * variance * Math.sqrt(2.0 / n)));
            assertThat(dropped.var(true).itemDouble()).isCloseTo(variance, within(0.01));
            layer.setP(1);
            assertThatThrownBy(() -> layer.forward(y)).hasMessage("with a drop probability of 1 the noise has no finite variance");
        }
    }

    @Test void stochastic_depth_drops_rows_or_the_batch_as_a_whole_and_keeps_the_mean() {
        Torch.manualSeed(1);
        try (var rows = new StochasticDepth(0.25, StochasticDepth.Mode.ROW);
                var batch = new StochasticDepth(0.25, StochasticDepth.Mode.BATCH); var scope = Scope.open()) {
            int n = 40_000;
            Tensor y = rows.forward(Torch.ones(DType.FLOAT64, n, 2));
            assertThat(y.select(1, 0).torchEquals(y.select(1, 1))).isTrue();
            assertThat(y.mean().itemDouble()).isCloseTo(1, within(5 * Math.sqrt(1.0 / 3 / n)));
            assertThat(batch.forward(Torch.ones(9, 2)).toFloatArray()).containsAnyOf(0, 4f / 3)
                    .satisfies(v -> assertThat(v).containsOnly(v[0]));
        }
    }

    /** The mean of a map stays exactly; the part that is dropped is near p, and in blocks. */
    @Test void dropped_blocks_are_squares_and_the_mean_of_the_batch_stays() {
        Torch.manualSeed(1);
        try (var layer = new DropBlock2d(0.1, 3); var scope = Scope.open()) {
            Tensor y = layer.forward(Torch.ones(64, 8, 16, 16)), dropped = y.eq(0).to(DType.FLOAT32);
            assertThat(y.mean().itemDouble()).isCloseTo(1, within(1e-5));
            assertThat(dropped.mean().itemDouble()).isCloseTo(0.1, within(0.01));
            Tensor squares = Aten.maxPool2d(dropped.neg(), new long[] {3, 3}, new long[] {1, 1}).neg(); // 1 where all nine are dropped
            Tensor whole = Aten.maxPool2d(squares.constantPadNd(new long[] {2, 2, 2, 2}), new long[] {3, 3}, new long[] {1, 1});
            assertThat(whole.torchEquals(dropped)).as("every dropped element is in a square that is dropped").isTrue();
            assertThatThrownBy(() -> new DropBlock2d(0.1, 4).forward(y)).hasMessage("the side of a block has to be odd, not 4");
            assertThatThrownBy(() -> layer.forward(y.select(0, 0)))
                    .hasMessage("DropBlock takes inputs of 4 dimensions, not float32 [8, 16, 16] on cpu");
        }
    }
}
