package panatorch.nn.dropout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/** The unit tests that the method's specification asks for (§1.8), as far as this version of it goes. */
@NoTensorLeaks
class MultiSampleDropoutTest {
    private static final int N = 5, D = 7, C = 4;

    /** Dropout with given masks, already divided by the keep probability: [M, N, D], or [N, D] where {@code sample} is one of them. */
    private static final class Injected extends Module {
        private final Tensor mask;

        Injected(Tensor mask) { this.mask = mask; }

        @Override public Tensor forward(Tensor input) { return input.mul(mask); }
    }

    private static Tensor randn(long... shape) { return Aten.randn(shape, DType.FLOAT64); }

    private static Tensor masks(int samples, double p) { return Aten.rand(new long[] {samples, N, D}, DType.FLOAT64).gt(p).to(DType.FLOAT64).div(1 - p); }

    private static List<double[]> gradients(Tensor features, Module head) {
        var all = new ArrayList<double[]>();
        all.add(features.grad().toDoubleArray());
        for (Tensor p : head.parameters()) all.add(p.grad().toDoubleArray());
        features.setGrad(null);
        for (Tensor p : head.parameters()) p.setGrad(null);
        return all;
    }

    private static void assertClose(List<double[]> actual, List<double[]> expected, double tolerance) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.size(); i++) assertThat(actual.get(i)).containsExactly(expected.get(i), within(tolerance));
    }

    @ParameterizedTest @ValueSource(ints = {1, 2, 8})
    void the_batched_form_equals_a_loop_over_the_same_masks(int samples) {
        Torch.manualSeed(samples);
        try (var head = new Sequential(new Linear(D, 6), new ReLU(), new Linear(6, C)); var scope = Scope.open()) {
            head.to(null, DType.FLOAT64, null);
            Tensor features = randn(N, D).requiresGrad_(true), masks = masks(samples, 0.4);
            Tensor target = Torch.tensor(new long[] {0, 3, 1, 2, 3});

            Tensor batched = new MultiSampleDropout(new Injected(masks), samples, head).loss(features, target);
            batched.backward();
            var batchedGradients = gradients(features, head);

            Tensor looped = Torch.zeros(DType.FLOAT64);
            for (int m = 0; m < samples; m++) looped = looped.add(CrossEntropy.crossEntropy(head.forward(features.mul(masks.select(0, m))), target));
            looped = looped.div(samples);
            looped.backward();

            assertThat(batched.itemDouble()).isCloseTo(looped.itemDouble(), within(1e-12));
            assertClose(batchedGradients, gradients(features, head), 1e-12);
        }
    }

    @Test void one_sample_is_plain_dropout_bit_for_bit() {
        try (var head = new Linear(D, C); var scope = Scope.open()) {
            Torch.manualSeed(1);
            Tensor features = Aten.randn(N, D).requiresGrad_(true), target = Torch.tensor(new long[] {0, 3, 1, 2, 3});
            Torch.manualSeed(7);
            Tensor loss = new MultiSampleDropout(0.5, 1, head).loss(features, target);
            loss.backward();
            var gradients = gradients(features, head);

            Torch.manualSeed(7);
            Tensor plain = CrossEntropy.crossEntropy(head.forward(Aten.dropout(features, 0.5, true)), target);
            plain.backward();

            assertThat(loss.itemDouble()).isEqualTo(plain.itemDouble());
            assertClose(gradients, gradients(features, head), 0);
        }
    }

    @ParameterizedTest @ValueSource(ints = {1, 8})
    void evaluation_is_the_plain_head_and_draws_no_random_number(int samples) {
        try (var head = new Linear(D, C); var generator = Generator.global(); var scope = Scope.open()) {
            head.eval();
            Tensor features = Aten.randn(N, D), target = Torch.tensor(new long[] {0, 3, 1, 2, 3});
            byte[] before = generator.state().toByteArray();
            var result = new MultiSampleDropout(0.5, samples, head).apply(features, target, CrossEntropy.mean());
            assertThat(generator.state().toByteArray()).isEqualTo(before);
            assertThat(result.logits().toFloatArray()).isEqualTo(head.forward(features).toFloatArray());
            assertThat(result.loss().itemDouble()).isEqualTo(CrossEntropy.crossEntropy(head.forward(features), target).itemDouble());
        }
    }

    @Test void each_row_meets_its_own_label() {
        try (var head = new Linear(D, C, false); var scope = Scope.open()) {
            Tensor features = Aten.eye(N, D, DType.FLOAT32), target = Torch.tensor(new long[] {0, 3, 1, 2, 3});
            var result = new MultiSampleDropout(0, 3, head).apply(features, target, CrossEntropy.mean().reduction(Reduction.NONE));
            Tensor single = CrossEntropy.mean().reduction(Reduction.NONE).apply(head.forward(features), target);
            assertThat(result.loss().toFloatArray()).containsExactly(single.toFloatArray(), within(1e-6f));
        }
    }

    @Test void the_head_runs_once_on_all_samples() {
        var shapes = new ArrayList<long[]>();
        try (var scope = Scope.open(); var linear = new Linear(D, C)) {
            var head = new Module() {
                @Override public Tensor forward(Tensor input) {
                    shapes.add(input.shape());
                    return linear.forward(input);
                }
            };
            var result = new MultiSampleDropout(0.5, 6, head).apply(Aten.randn(N, D), Torch.tensor(new long[] {0, 3, 1, 2, 3}), CrossEntropy.mean());
            assertThat(shapes).containsExactly(new long[] {6 * N, D});
            assertThat(result.logits().shape()).containsExactly(N, C);
        }
    }

    @Test void masks_differ_between_samples_and_rows_and_keep_the_expectation() {
        Torch.manualSeed(3);
        try (var scope = Scope.open()) {
            int samples = 400;
            var seen = new ArrayList<Tensor>();
            var head = new Module() {
                @Override public Tensor forward(Tensor input) {
                    seen.add(input.unflatten(0, new long[] {samples, N}).escape());
                    return input.slice(1, 0L, (long) C, 1);
                }
            };
            new MultiSampleDropout(0.3, samples, head).loss(Torch.ones(DType.FLOAT32, N, D), Torch.tensor(new long[] {0, 3, 1, 2, 3}));
            try (Tensor dropped = seen.getFirst()) {
                double kept = dropped.gt(0).to(DType.FLOAT64).mean().itemDouble();
                assertThat(kept).isCloseTo(0.7, within(5 * Math.sqrt(0.21 / (samples * N * D))));
                assertThat(dropped.mean().itemDouble()).isCloseTo(1, within(0.03));
                assertThat(dropped.select(0, 0).torchEquals(dropped.select(0, 1))).isFalse();
                assertThat(dropped.select(1, 0).torchEquals(dropped.select(1, 1))).isFalse();
            }
        }
    }

    /** The variance that the masks add to the gradient falls as 1/M; its mean stays. */
    @Test void more_samples_make_the_gradient_less_noisy_by_their_number() {
        Torch.manualSeed(5);
        try (var head = new Linear(D, C); var scope = Scope.open()) {
            Tensor features = Aten.randn(N, D), target = Torch.tensor(new long[] {0, 3, 1, 2, 3});
            double ratio = gradientVariance(head, features, target, 1) / gradientVariance(head, features, target, 8);
            assertThat(ratio).isBetween(6.5, 9.5);
        }
    }

    private static double gradientVariance(Linear head, Tensor features, Tensor target, int samples) {
        var method = new MultiSampleDropout(0.5, samples, head);
        Tensor weight = head.parameters().getFirst();
        int draws = 2000;
        double[] sum = new double[C * D], squares = new double[C * D];
        for (int i = 0; i < draws; i++) {
            try (var scope = Scope.open()) {
                method.loss(features, target).backward();
                double[] g = weight.grad().toDoubleArray();
                for (int k = 0; k < g.length; k++) {
                    sum[k] += g[k];
                    squares[k] += g[k] * g[k];
                }
                head.parameters().forEach(p -> p.setGrad(null));
            }
        }
        double trace = 0;
        for (int k = 0; k < sum.length; k++) trace += squares[k] / draws - Math.pow(sum[k] / draws, 2);
        return trace;
    }

    @Test void without_dropping_every_number_of_samples_is_no_dropout_and_with_all_dropped_nothing_is_not_a_number() {
        try (var head = new Linear(D, C); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor features = Aten.randn(N, D), target = Torch.tensor(new long[] {0, 3, 1, 2, 3});
            double plain = CrossEntropy.crossEntropy(head.forward(features), target).itemDouble();
            for (int samples : new int[] {1, 3, 8}) assertThat(new MultiSampleDropout(0, samples, head).loss(features, target).itemDouble()).isCloseTo(plain, within(1e-6));
            assertThat(new MultiSampleDropout(1, 4, head).loss(features, target).itemDouble()).isFinite();
        }
    }

    @Test void impossible_settings_are_refused() {
        try (var head = new Linear(D, C)) {
            assertThatThrownBy(() -> new MultiSampleDropout(0.5, 0, head)).isInstanceOf(IllegalArgumentException.class).hasMessage("at least one dropout sample is needed, not 0");
            for (double p : new double[] {-0.1, 1.1, Double.NaN}) assertThatThrownBy(() -> new Dropout(p)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("between 0 and 1");
        }
    }
}
