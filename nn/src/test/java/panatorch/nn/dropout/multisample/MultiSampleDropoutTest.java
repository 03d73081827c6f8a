package panatorch.nn.dropout.multisample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static panatorch.nn.dropout.multisample.Cases.C;
import static panatorch.nn.dropout.multisample.Cases.D;
import static panatorch.nn.dropout.multisample.Cases.H;
import static panatorch.nn.dropout.multisample.Cases.N;
import static panatorch.nn.dropout.multisample.Cases.dropping;
import static panatorch.nn.dropout.multisample.Cases.kept;
import static panatorch.nn.dropout.multisample.Cases.labels;
import static panatorch.nn.dropout.multisample.Cases.options;
import static panatorch.nn.dropout.multisample.Cases.parts;
import static panatorch.nn.dropout.multisample.Cases.randn;

import java.util.ArrayList;
import java.util.Arrays;
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
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/**
 * The unit tests that the method's specification asks for (§1.8): against loops over the samples and against plain dropout, with given
 * masks.
 */
@NoTensorLeaks
class MultiSampleDropoutTest {
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

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8}) void the_batched_form_equals_a_loop_over_the_same_masks(int samples) {
        Torch.manualSeed(samples);
        try (var head = new Sequential(new Linear(D, H), new ReLU(), new Linear(H, C)); var scope = Scope.open()) {
            head.to(DType.FLOAT64);
            Tensor features = randn(N, D).requiresGrad_(true), kept = kept(0.4, samples, N, D);
            Tensor batched = new MultiSampleDropout(options(samples, dropping(0.4, kept)), head).loss(features, labels());
            batched.backward();
            var batchedGradients = gradients(features, head);

            Tensor looped = Torch.zeros(DType.FLOAT64);
            for (int m = 0; m < samples; m++)
                looped = looped.add(CrossEntropy.crossEntropy(head.forward(features.mul(kept.select(0, m)).div(0.6)), labels()));
            looped = looped.div(samples);
            looped.backward();

            assertThat(batched.itemDouble()).isCloseTo(looped.itemDouble(), within(1e-12));
            assertClose(batchedGradients, gradients(features, head), 1e-12);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4}) void a_head_with_two_dropout_layers_of_its_own_equals_a_loop_over_the_same_masks(int samples) {
        Torch.manualSeed(samples);
        var first = new Dropout(0.4, true); // in place, as in Python's VGG: it must not spoil the features for the samples behind
        var second = new Dropout(0.3);
        try (var head = new Sequential(first, new Linear(D, H), new ReLU(true), second, new Linear(H, C)); var scope = Scope.open()) {
            head.to(DType.FLOAT64);
            Tensor features = randn(N, D).requiresGrad_(true), kept1 = kept(0.4, samples, N, D), kept2 = kept(0.3, samples, N, H);
            for (int chunks : new int[] {1, samples}) {
                first.setMasks(MaskSource.given(flat(parts(kept1, chunks))));
                second.setMasks(MaskSource.given(flat(parts(kept2, chunks))));
                Tensor x = features.clone(),
                        batched = new MultiSampleDropout(MultiSampleDropout.options(samples).chunks(chunks), head).loss(x, labels());
                batched.backward();
                var batchedGradients = gradients(features, head);

                Tensor looped = Torch.zeros(DType.FLOAT64);
                for (int m = 0; m < samples; m++) {
                    first.setMasks(MaskSource.given(kept1.select(0, m)));
                    second.setMasks(MaskSource.given(kept2.select(0, m)));
                    looped = looped.add(CrossEntropy.crossEntropy(head.forward(features.clone()), labels()));
                }
                looped = looped.div(samples);
                looped.backward();

                assertThat(batched.itemDouble()).isCloseTo(looped.itemDouble(), within(1e-12));
                assertClose(batchedGradients, gradients(features, head), 1e-12);
            }
        }
    }

    private static Tensor[] flat(Tensor[] masks) { return Arrays.stream(masks).map(m -> m.flatten(0, 1)).toArray(Tensor[]::new); }

    @Test void one_sample_is_plain_dropout_bit_for_bit() {
        try (var head = new Linear(D, C); var generator = Generator.global(); var scope = Scope.open()) {
            Torch.manualSeed(1);
            Tensor features = Aten.randn(N, D).requiresGrad_(true);
            Torch.manualSeed(7);
            var result = new MultiSampleDropout(0.5, 1, head).apply(features, labels(), CrossEntropy.mean());
            result.loss().backward();
            var gradients = gradients(features, head);
            byte[] after = generator.state().toByteArray();

            Torch.manualSeed(7);
            Tensor logits = head.forward(Aten.dropout(features, 0.5, true)), plain = CrossEntropy.crossEntropy(logits, labels());
            plain.backward();

            assertThat(generator.state().toByteArray()).isEqualTo(after);
            assertThat(result.logits().torchEquals(logits)).isTrue();
            assertThat(result.loss().itemDouble()).isEqualTo(plain.itemDouble());
            assertClose(gradients, gradients(features, head), 0);
        }
    }

    /**
     * Duplicating rows leaves a batch's mean and biased variance, so that the trunk's batch normalisation may see the rows once or M times.
     */
    @Test void samples_of_a_batch_are_plain_dropout_on_the_repeated_batch() {
        Torch.manualSeed(4);
        int samples = 3;
        try (var trunk = new Sequential(new Linear(D, D), new BatchNorm1d(D), new ReLU()); var head = new Linear(D, C);
                var scope = Scope.open()) {
            trunk.to(DType.FLOAT64);
            head.to(DType.FLOAT64);
            Tensor input = randn(N, D).requiresGrad_(true), kept = kept(0.5, samples, N, D);
            Tensor loss = new MultiSampleDropout(options(samples, dropping(0.5, kept)), head).loss(trunk.call(input), labels());
            loss.backward();
            var gradients = gradients(input, new Sequential(trunk, head));

            Tensor dropped = trunk.call(input.repeat(samples, 1)).mul(kept.flatten(0, 1)).div(0.5);
            Tensor plain = CrossEntropy.crossEntropy(head.call(dropped), labels().repeat(samples));
            plain.backward();
            assertThat(loss.itemDouble()).isCloseTo(plain.itemDouble(), within(1e-12));
            assertClose(gradients, gradients(input, new Sequential(trunk, head)), 1e-12);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8}) void evaluation_is_the_plain_head_and_draws_no_random_number(int samples) {
        try (var head = new Linear(D, C); var generator = Generator.global(); var scope = Scope.open()) {
            head.eval();
            Tensor features = Aten.randn(N, D);
            byte[] before = generator.state().toByteArray();
            var result = new MultiSampleDropout(0.5, samples, head).apply(features, labels(), CrossEntropy.mean());
            assertThat(generator.state().toByteArray()).isEqualTo(before);
            assertThat(result.logits().toFloatArray()).isEqualTo(head.forward(features).toFloatArray());
            assertThat(result.loss().itemDouble()).isEqualTo(CrossEntropy.crossEntropy(head.forward(features), labels()).itemDouble());
        }
    }

    @Test void each_row_meets_its_own_label() {
        try (var head = new Linear(D, C, false); var scope = Scope.open()) {
            Tensor features = Aten.eye(N, D, DType.FLOAT32);
            var each = CrossEntropy.mean().reduction(Reduction.NONE);
            var result = new MultiSampleDropout(0, 3, head).apply(features, labels(), each);
            assertThat(result.loss().toFloatArray()).containsExactly(each.apply(head.forward(features), labels()).toFloatArray(),
                    within(1e-6f));
        }
    }

    /** Class weights, rows that do not count and smoothing change a mean's numerator and denominator alike in every sample. */
    static List<CrossEntropy> criteria() {
        var weight = Torch.tensor(new double[] {0.5, 1, 2, 3}).escape();
        var all = new ArrayList<CrossEntropy>();
        for (Reduction r : Reduction.values())
            all.addAll(List.of(CrossEntropy.mean().reduction(r), CrossEntropy.mean().weight(weight).reduction(r),
                    CrossEntropy.mean().ignoreIndex(3).reduction(r), CrossEntropy.mean().labelSmoothing(0.2).reduction(r)));
        return all;
    }

    @Test void any_criterion_of_any_reduction_averages_over_the_samples_alone_and_chunks_change_nothing() {
        Torch.manualSeed(8);
        int samples = 5;
        var criteria = criteria();
        try (var head = new Linear(D, C); var scope = Scope.open()) {
            head.to(DType.FLOAT64);
            Tensor features = randn(N, D).requiresGrad_(true), kept = kept(0.4, samples, N, D), probabilities = randn(N, C).softmax(1);
            for (CrossEntropy criterion : criteria) {
                for (Tensor target : criterion.ignoreIndex() >= 0 ? List.of(labels()) : List.of(labels(), probabilities)) {
                    Tensor looped = criterion.apply(head.forward(features.mul(kept.select(0, 0)).div(0.6)), target);
                    for (int m = 1; m < samples; m++)
                        looped = looped.add(criterion.apply(head.forward(features.mul(kept.select(0, m)).div(0.6)), target));
                    looped = looped.div(samples);
                    looped.sum().mul(3).backward();
                    var expected = gradients(features, head);
                    for (int chunks : new int[] {1, 2, 5}) {
                        var method = new MultiSampleDropout(options(samples, dropping(0.4, parts(kept, chunks))).chunks(chunks), head);
                        Tensor loss = method.apply(features, target, criterion).loss();
                        loss.sum().mul(3).backward();
                        assertThat(loss.toDoubleArray()).as("%s in %s chunks", criterion, chunks).containsExactly(looped.toDoubleArray(),
                                within(1e-12));
                        assertClose(gradients(features, head), expected, 1e-11);
                    }
                }
            }
            criteria.get(1).weight().close();
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
            var result = new MultiSampleDropout(0.5, 6, head).apply(Aten.randn(N, D), labels(), CrossEntropy.mean());
            assertThat(shapes).containsExactly(new long[] {6 * N, D});
            assertThat(result.logits().shape()).containsExactly(N, C);
        }
    }

    @Test void masks_differ_between_samples_and_rows_and_keep_the_expectation() {
        Torch.manualSeed(3);
        try (var scope = Scope.open()) {
            int samples = 400;
            MultiSampleDropout.Options options = MultiSampleDropout.options(samples).dropout(0.3);
            var seen = new ArrayList<Tensor>();
            var head = new Module() {
                @Override public Tensor forward(Tensor input) {
                    seen.add(input.unflatten(0, new long[] {samples, N}).escape());
                    return input.slice(1, 0L, (long) C, 1);
                }
            };
            new MultiSampleDropout(options, head).loss(Torch.ones(DType.FLOAT32, N, D), labels());
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
    @Test void more_samples_make_the_gradient_less_noisy_by_their_number_and_leave_its_mean() {
        Torch.manualSeed(5);
        try (var head = new Linear(D, C); var scope = Scope.open()) {
            Tensor features = Aten.randn(N, D);
            Moments one = gradient(head, features, 1), eight = gradient(head, features, 8);
            assertThat(one.trace / eight.trace).isBetween(6.5, 9.5);
            double distance = 0; // squared, of the two means: its expectation is the sum of their variances
            for (int k = 0; k < C * D; k++) distance += Math.pow(one.mean[k] - eight.mean[k], 2);
            assertThat(distance).isLessThan(3 * (one.trace + eight.trace) / DRAWS);
        }
    }

    private static final int DRAWS = 2000;

    /** @param trace of the covariance */
    private record Moments(double[] mean, double trace) {}

    private static Moments gradient(Linear head, Tensor features, int samples) {
        var method = new MultiSampleDropout(0.5, samples, head);
        double[] mean = new double[C * D], squares = new double[C * D];
        for (int i = 0; i < DRAWS; i++) {
            try (var scope = Scope.open()) {
                method.loss(features, labels()).backward();
                double[] g = head.weight().grad().toDoubleArray();
                for (int k = 0; k < g.length; k++) {
                    mean[k] += g[k] / DRAWS;
                    squares[k] += g[k] * g[k] / DRAWS;
                }
                head.zeroGrad();
            }
        }
        double trace = 0;
        for (int k = 0; k < mean.length; k++) trace += squares[k] - mean[k] * mean[k];
        return new Moments(mean, trace);
    }

    @Test void without_dropping_every_number_of_samples_is_no_dropout_and_with_all_dropped_nothing_is_not_a_number() {
        try (var head = new Linear(D, C); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor features = Aten.randn(N, D);
            double plain = CrossEntropy.crossEntropy(head.forward(features), labels()).itemDouble();
            for (int samples : new int[] {1, 3, 8})
                assertThat(new MultiSampleDropout(0, samples, head).loss(features, labels()).itemDouble()).isCloseTo(plain, within(1e-6));
            assertThat(new MultiSampleDropout(1, 4, head).loss(features, labels()).itemDouble()).isFinite();
        }
    }

    @Test void impossible_settings_are_refused() {
        try (var head = new Linear(D, C)) {
            assertThatThrownBy(() -> new MultiSampleDropout(0.5, 0, head)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the number of dropout samples has to be at least 1, not 0");
            for (double p : new double[] {-0.1, 1.1, Double.NaN})
                assertThatThrownBy(() -> new MultiSampleDropout(p, 8, head)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("between 0 and 1");
            for (int chunks : new int[] {0, 5})
                assertThatThrownBy(() -> MultiSampleDropout.options(4).chunks(chunks)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessage("the number of chunks has to be between 1 and the 4 samples, not " + chunks);
            assertThatThrownBy(() -> new MultiSampleDropout(MultiSampleDropout.options(2), head))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("the head has no dropout layer");
        }
    }
}
