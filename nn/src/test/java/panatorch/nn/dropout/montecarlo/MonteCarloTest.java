package panatorch.nn.dropout.montecarlo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;
import panatorch.nn.RReLU;
import panatorch.nn.MultiheadAttention;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.Stochastic;
import panatorch.nn.dropout.DropConnect;
import panatorch.nn.dropout.GaussianDropout;
import panatorch.nn.dropout.NoSynchronization;

@NoTensorLeaks
class MonteCarloTest {
    private static final int N = 6, D = 5, H = 8, C = 3, T = 7;

    private static Sequential network(double p) {
        Torch.manualSeed(4);
        return new Sequential(new Linear(D, H), new BatchNorm1d(H), new ReLU(), new Dropout(p), new Linear(H, C));
    }

    private static Dropout dropout(Sequential network) { return (Dropout) network.get(3); }

    /** One mask [T·N, H] for all passes, of which every call takes its next rows. */
    private static MaskSource rowsOf(Tensor kept) {
        long[] next = {0};
        return (like, shape, p) -> {
            next[0] += shape[0];
            return kept.slice(0, next[0] - shape[0], next[0], 1).to(like.dtype()).div(1 - p);
        };
    }

    /** The formulas of the specification (§5), written for one example and in Java. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 100}) void every_number_is_its_formula_over_all_samples_whatever_the_chunk(int chunk) {
        try (var net = network(0.5); var scope = Scope.open()) {
            Tensor x = Torch.randn(N, D), kept = Torch.rand(T * N, H).gt(0.5);
            dropout(net).setMasks(rowsOf(kept));
            Prediction p = MonteCarlo.predict(net, x, MonteCarlo.options(T).chunk(chunk));

            net.eval();
            var hidden = new Sequential(net.get(0), net.get(1), net.get(2)).call(x);
            // [T·N, C]
            double[] all =
                    net.get(4).call(hidden.repeat(T, 1).mul(kept.to(DType.FLOAT32)).mul(2)).to(DType.FLOAT64).softmax(-1).toDoubleArray();
            for (int n = 0; n < N; n++) {
                double entropy = 0, expected = 0;
                int[] votes = new int[C];
                for (int t = 0; t < T; t++) {
                    int largest = 0;
                    for (int c = 0; c < C; c++) {
                        double q = all[(t * N + n) * C + c];
                        expected -= q * Math.log(q) / T;
                        if (q > all[(t * N + n) * C + largest]) largest = c;
                    }
                    votes[largest]++;
                }
                int most = 0;
                for (int c = 0; c < C; c++) {
                    double mean = 0, square = 0;
                    for (int t = 0; t < T; t++) {
                        mean += all[(t * N + n) * C + c] / T;
                        square += Math.pow(all[(t * N + n) * C + c], 2) / T;
                    }
                    entropy -= mean * Math.log(mean);
                    most = Math.max(most, votes[c]);
                    assertThat(p.mean().select(0, n).select(0, c).itemDouble()).isCloseTo(mean, within(1e-6));
                    assertThat(p.logMean().select(0, n).select(0, c).itemDouble()).isCloseTo(Math.log(mean), within(1e-5));
                    assertThat(p.variance().select(0, n).select(0, c).itemDouble()).isCloseTo(square - mean * mean, within(1e-6));
                }
                assertThat(p.entropy().select(0, n).itemDouble()).isCloseTo(entropy, within(1e-6));
                assertThat(p.expectedEntropy().select(0, n).itemDouble()).isCloseTo(expected, within(1e-6));
                assertThat(p.mutualInformation().select(0, n).itemDouble()).isCloseTo(entropy - expected, within(1e-6));
                assertThat(p.variationRatio().select(0, n).itemDouble()).isCloseTo(1 - (double) most / T, within(1e-12));
            }
        }
    }

    @Test void mutual_information_is_total_less_expected_entropy_and_not_negative() {
        try (var net = network(0.5); var scope = Scope.open()) {
            Prediction p = MonteCarlo.predict(net, Torch.randn(50, D), 30);
            assertThat(p.mutualInformation().torchEquals(p.entropy().sub(p.expectedEntropy()))).isTrue();
            assertThat(p.mutualInformation().min().itemDouble()).isGreaterThan(-1e-9);
            assertThat(p.mutualInformation().max().itemDouble()).isBetween(1e-3, Math.log(C));
            assertThat(p.mean().sum(1).toDoubleArray()).containsExactly(Torch.ones(50).toDoubleArray(), within(1e-12));
        }
    }

    @Test void without_dropping_the_mean_is_evaluation_and_nothing_disagrees() {
        try (var net = network(0); var scope = Scope.open()) {
            Tensor x = Torch.randn(N, D);
            Prediction p = MonteCarlo.predict(net, x, 20);
            net.eval();
            assertThat(p.mean().allClose(net.call(x).softmax(-1).to(DType.FLOAT64), 1e-6, 1e-6)).isTrue();
            for (Tensor none : List.of(p.mutualInformation(), p.variationRatio(), p.variance()))
                assertThat(none.abs().max().itemDouble()).isLessThan(1e-9);
        }
    }

    @Test void one_sample_has_no_mutual_information() {
        try (var net = network(0.5); var scope = Scope.open()) {
            Prediction p = MonteCarlo.predict(net, Torch.randn(N, D), 1);
            assertThat(p.mutualInformation().toDoubleArray()).containsOnly(0);
            assertThat(p.variationRatio().toDoubleArray()).containsOnly(0);
        }
    }

    @Test void modes_masks_statistics_and_gradients_are_afterwards_as_before_also_if_a_layer_throws() {
        try (var net = network(0.5); var scope = Scope.open()) {
            var fails = new Module() {
                @Override public Tensor forward(Tensor input) { throw new IllegalStateException("no"); }
            };
            var outer = new Sequential(net, fails);
            var source = MaskSource.global();
            dropout(net).setMasks(source);
            outer.train();
            net.get(1).eval();
            net.get(2).eval();
            var before = outer.modules().stream().map(Module::isTraining).toList();
            byte[] mean = net.get(1).buffer("running_mean").toByteArray();
            try (var generator = Generator.of(1)) {
                assertThatThrownBy(() -> MonteCarlo.predict(outer, Torch.randn(N, D), MonteCarlo.options(3).generator(generator)))
                        .hasMessage("no");
                net.get(1).train();
                assertThat(MonteCarlo.predict(net, Torch.randn(N, D), MonteCarlo.options(3).generator(generator)).mean().requiresGrad())
                        .isFalse();
                net.get(1).eval();
            }
            assertThat(outer.modules().stream().map(Module::isTraining)).isEqualTo(before);
            assertThat(dropout(net).masks()).isSameAs(source);
            assertThat(net.get(1).buffer("running_mean").toByteArray()).isEqualTo(mean);
        }
    }

    @Test void only_stochastic_modules_train_meanwhile() {
        var modes = new ArrayList<Boolean>();
        try (var attention = new MultiheadAttention(4, 2); var norm = new BatchNorm1d(4); var scope = Scope.open()) {
            var net = new Module() {
                {
                    child("attention", attention);
                    child("norm", norm);
                }

                @Override public Tensor forward(Tensor input) {
                    modes.addAll(List.of(isTraining(), attention.isTraining(), attention.namedChildren().get("out_proj").isTraining(),
                            norm.isTraining()));
                    return input;
                }
            };
            MonteCarlo.moments(net, Torch.ones(2, 4), 1);
            assertThat(modes).containsExactly(false, true, false, false);
        }
    }

    @Test void a_seed_gives_the_same_samples_from_a_generator_and_from_the_global_one() {
        try (var net = network(0.5); var generator = Generator.of(9); var scope = Scope.open()) {
            Tensor x = Torch.randn(N, D);
            var options = MonteCarlo.options(T).chunk(3).generator(generator);
            Tensor one = MonteCarlo.predict(net, x, options).mean(), two = MonteCarlo.predict(net, x, options).mean();
            generator.manualSeed(9);
            assertThat(MonteCarlo.predict(net, x, options).mean().torchEquals(one)).isTrue();
            assertThat(two.torchEquals(one)).isFalse();
            Torch.manualSeed(9);
            assertThat(MonteCarlo.predict(net, x, options.generator(null)).mean().torchEquals(one)).isTrue();
        }
    }

    @Test void consistent_masks_are_the_same_for_all_rows_of_a_pass_and_for_other_batches() {
        try (var net = new Sequential(new Dropout(0.5), new GaussianDropout(0.2)); var generator = Generator.of(9);
                var scope = Scope.open()) {
            var options = MonteCarlo.options(T).chunk(3).generator(generator).consistent(true);
            Tensor p = MonteCarlo.moments(net, Torch.ones(N, D), options).mean();
            for (int n = 1; n < N; n++) assertThat(p.select(0, n).torchEquals(p.select(0, 0))).isTrue();
            generator.manualSeed(9);
            assertThat(MonteCarlo.moments(net, Torch.ones(2, D), options).mean().select(0, 1).torchEquals(p.select(0, 0))).isTrue();
            assertThat(p.select(0, 0).max().itemDouble()).isNotEqualTo(p.select(0, 0).min().itemDouble());
        }
        try (var slopes = new RReLU(); var scope = Scope.open()) {
            assertThatThrownBy(() -> MonteCarlo.moments(slopes, Torch.ones(1, 2), MonteCarlo.options(2).consistent(true)))
                    .hasMessageStartingWith("RReLU draws its own masks, so its rows cannot share them");
        }
    }

    /** A batch has one mask of weights, so each pass is a batch of its own, however large the chunks may be. */
    @Test void samples_of_dropped_weights_do_not_share_a_mask() {
        try (var net = new DropConnect(D, C, 0.5); var generator = Generator.of(9); var scope = Scope.open()) {
            Tensor x = Torch.randn(N, D);
            Tensor one = MonteCarlo.moments(net, x, MonteCarlo.options(T).chunk(1).generator(generator)).variance();
            generator.manualSeed(9);
            assertThat(MonteCarlo.moments(net, x, MonteCarlo.options(T).chunk(5).generator(generator)).variance().torchEquals(one))
                    .isTrue();
            assertThat(one.min().itemDouble()).isPositive();
        }
    }

    /** For a linear model without a bias, dropout's variance is p/(1 − p) · Σ (w x)². */
    @Test void the_variance_of_a_regression_converges_to_its_closed_form() {
        Torch.manualSeed(1);
        try (var linear = new Linear(D, 1, false); var net = new Sequential(new Dropout(0.25), linear); var scope = Scope.open()) {
            Tensor x = Torch.randn(N, D), product = x.mul(linear.weight());
            var m = MonteCarlo.moments(net, x, MonteCarlo.options(20_000).chunk(5_000));
            double[] expected = product.square().sum(1).div(3).toDoubleArray(), variance = m.variance().toDoubleArray();
            for (int n = 0; n < N; n++) assertThat(variance[n]).isCloseTo(expected[n], within(0.05 * expected[n]));
            assertThat(m.mean().squeeze(1).allClose(product.sum(1).to(DType.FLOAT64), 0.05, 0.05)).isTrue();
        }
    }

    @Test void maps_of_classes_impossible_classes_and_an_empty_batch_are_no_special_cases() {
        try (var net = new Dropout(0.5); var scope = Scope.open()) {
            Tensor maps = Torch.randn(2, C, 4, 4);
            maps.select(1, 1).fill_(Double.NEGATIVE_INFINITY);
            net.setMasks((like, shape, p) -> like.onesLike());
            Prediction p = MonteCarlo.predict(net, maps, 3);
            assertThat(p.mean().shape()).containsExactly(2, C, 4, 4);
            assertThat(p.mutualInformation().shape()).containsExactly(2, 4, 4);
            assertThat(p.entropy().isfinite().all().itemBoolean()).isTrue();
            assertThat(p.mutualInformation().abs().max().itemDouble()).isLessThan(1e-12);
            net.setMasks(null);
            assertThat(MonteCarlo.predict(net, Torch.empty(0, C), 3).mean().shape()).containsExactly(0, C);
        }
    }

    @Test void nothing_is_read_back_and_memory_does_not_grow_with_the_samples() {
        try (var net = network(0.5); var scope = Scope.open()) {
            Tensor x = Torch.randn(N, D);
            assertThat(NoSynchronization.during(() -> MonteCarlo.predict(net, x, MonteCarlo.options(5).chunk(2)))).isEmpty();
            var live = new ArrayList<Long>();
            var watched = new Sequential(net, new Module() {
                @Override public Tensor forward(Tensor input) {
                    live.add(Torch.liveTensors());
                    return input;
                }
            });
            MonteCarlo.predict(watched, x, MonteCarlo.options(20).chunk(2));
            assertThat(live.getLast()).isEqualTo(live.get(1));
        }
    }

    /** What draws nothing although it may, as dropout with p = 0, and hands back the very tensor it was given. */
    private static final class Echo extends Module implements Stochastic {
        @Override public Tensor forward(Tensor input) { return input; }
    }

    @Test void the_callers_input_stays_open_although_the_model_is_the_identity() {
        try (var net = new Echo(); var scope = Scope.open()) {
            Tensor x = Torch.ones(2, 3);
            assertThat(MonteCarlo.moments(net, x, MonteCarlo.options(2).chunk(1)).mean().toDoubleArray()).containsOnly(1);
            assertThat(x.toFloatArray()).containsOnly(1);
        }
    }

    @Test void a_model_that_cannot_disagree_with_itself_is_refused() {
        try (var net = new Sequential(new Linear(D, C), new ReLU()); var scope = Scope.open()) {
            String why = "this Sequential has no stochastic module such as Dropout, so all samples would be equal";
            assertThatThrownBy(() -> MonteCarlo.predict(net, Torch.ones(N, D), 2)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(why);
            assertThatThrownBy(() -> MonteCarlo.moments(net, Torch.ones(N, D), 2)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(why);
            assertThat(net.isTraining()).isTrue();
        }
    }

    @Test void impossible_settings_are_refused() {
        assertThatThrownBy(() -> MonteCarlo.options(0)).hasMessage("the number of samples has to be at least 1, not 0");
        assertThatThrownBy(() -> MonteCarlo.options(1).chunk(0)).hasMessage("a chunk has to have at least 1 sample, not 0");
        try (var net = new Sequential(new Echo(), new Module() {
            @Override public Tensor forward(Tensor input) { return input.sum(); }
        }); var scope = Scope.open()) {
            assertThatThrownBy(() -> MonteCarlo.predict(net, Torch.ones(2, 3), 2))
                    .hasMessage("the model turned 4 rows into float32 [] on cpu");
            assertThatThrownBy(() -> MonteCarlo.predict(new Echo(), Torch.ones(2), 2))
                    .hasMessageEndingWith("all samples together are float32 [2, 2] on cpu");
        }
    }
}
