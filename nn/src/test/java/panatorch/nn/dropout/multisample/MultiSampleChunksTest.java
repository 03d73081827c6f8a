package panatorch.nn.dropout.multisample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static panatorch.nn.dropout.multisample.Cases.C;
import static panatorch.nn.dropout.multisample.Cases.D;
import static panatorch.nn.dropout.multisample.Cases.N;
import static panatorch.nn.dropout.multisample.Cases.dropping;
import static panatorch.nn.dropout.multisample.Cases.kept;
import static panatorch.nn.dropout.multisample.Cases.labels;
import static panatorch.nn.dropout.multisample.Cases.options;
import static panatorch.nn.dropout.multisample.Cases.parts;
import static panatorch.nn.dropout.multisample.Cases.randn;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.Aten;
import panatorch.Autograd;
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
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/** Chunks that bound memory, types, averages of losses and of logits, and what metrics are told. */
@NoTensorLeaks
class MultiSampleChunksTest {
    @Test void each_chunk_is_differentiated_before_the_next_one_is_computed() {
        try (var linear = new Linear(D, C); var scope = Scope.open()) {
            var events = new ArrayList<String>();
            linear.hooks().beforeForward((m, in) -> { events.add("forward of " + in.getFirst().size(0)); return null; });
            linear.hooks().afterBackward((m, in, out) -> { events.add("backward"); return null; });
            Tensor loss = new MultiSampleDropout(MultiSampleDropout.options(5).dropout(0.5).chunks(2), linear)
                    .loss(Aten.randn(N, D).requiresGrad_(true), labels());
            assertThat(events).containsExactly("forward of 10", "backward", "forward of 15", "backward");
            loss.backward();
            assertThat(events).hasSize(4);
            assertThat(linear.weight().grad()).isNotNull();
        }
    }

    @Test void chunks_take_generators_and_frozen_parts() {
        Torch.manualSeed(2);
        try (var head = new Linear(D, C); var generator = Generator.of(3); var scope = Scope.open()) {
            Tensor features = Aten.randn(N, D).requiresGrad_(true);
            var dropout = new Dropout(0.5);
            dropout.setMasks(MaskSource.of(generator));
            double[] losses = new double[2];
            for (int i = 0; i < 2; i++) {
                generator.manualSeed(3);
                Tensor loss = new MultiSampleDropout(options(8, dropout).chunks(i == 0 ? 1 : 4), head).loss(features, labels());
                losses[i] = loss.itemDouble();
            }
            assertThat(losses[1]).isCloseTo(losses[0], within(1e-6)); // one draw of 8 masks has a CPU generator's numbers of 4 draws of 2

            head.requiresGrad(false);
            Tensor frozen = new MultiSampleDropout(options(4, dropout).chunks(2), head).loss(features, labels());
            frozen.backward();
            assertThat(features.grad()).isNotNull();
            Tensor fixed = new MultiSampleDropout(options(4, dropout).chunks(2), head).loss(features.detach(), labels());
            assertThat(fixed.requiresGrad()).isFalse();
            features.setGrad(null);
        }
    }

    @Test void there_are_no_second_derivatives_through_chunks() {
        try (var head = new Linear(D, C); var scope = Scope.open()) {
            Tensor loss = new MultiSampleDropout(MultiSampleDropout.options(4).dropout(0.5).chunks(2), head)
                    .loss(Aten.randn(N, D).requiresGrad_(true), labels());
            assertThatThrownBy(() -> Autograd.grad(List.of(loss), head.parameters(), null, true, true))
                    .isInstanceOf(IllegalStateException.class).hasMessageContaining("use one chunk");
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT64", "BFLOAT16"}) void it_computes_in_any_type_and_on_no_rows(DType type) {
        try (var head = new Linear(D, C); var scope = Scope.open()) {
            head.to(type);
            for (int chunks : new int[] {1, 4}) {
                var method = new MultiSampleDropout(MultiSampleDropout.options(4).dropout(0.5).chunks(chunks), head);
                Tensor features = Torch.randn(N, D).to(type).requiresGrad_(true);
                var result = method.apply(features, labels(), CrossEntropy.mean());
                result.loss().backward();
                assertThat(result.loss().dtype()).isEqualTo(type);
                assertThat(features.grad().dtype()).isEqualTo(type);
                assertThat(result.logits().shape()).containsExactly(N, C);
                features.setGrad(null);
                head.zeroGrad();

                var none = method.apply(Torch.randn(0, D).to(type), labels().narrow(0, 0, 0), CrossEntropy.mean().reduction(Reduction.SUM));
                assertThat(none.loss().itemDouble()).isZero();
                assertThat(none.logits().shape()).containsExactly(0, C);
            }
        }
    }

    @Test void the_loss_of_mean_logits_is_never_above_the_mean_loss_and_of_one_sample_the_same() {
        Torch.manualSeed(6);
        try (var head = new Linear(D, C); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            head.to(DType.FLOAT64);
            Tensor features = randn(N, D);
            for (int samples : new int[] {1, 2, 8}) {
                Tensor kept = kept(0.5, samples, N, D);
                double losses = new MultiSampleDropout(options(samples, dropping(0.5, kept)), head).loss(features, labels()).itemDouble();
                double logits = new MultiSampleDropout(options(samples, dropping(0.5, kept)).averaging(Averaging.LOGIT_MEAN), head)
                        .loss(features, labels()).itemDouble();
                Tensor meanFeatures = features.mul(kept.to(DType.FLOAT64).mean(0)).div(0.5);
                // of a linear head
                assertThat(logits).isCloseTo(CrossEntropy.crossEntropy(head.forward(meanFeatures), labels()).itemDouble(), within(1e-12));
                if (samples == 1) assertThat(logits).isEqualTo(losses);
                else assertThat(logits).isLessThan(losses);
                double chunked = new MultiSampleDropout(
                        options(samples, dropping(0.5, parts(kept, samples))).averaging(Averaging.LOGIT_MEAN).chunks(samples), head)
                        .loss(features, labels()).itemDouble();
                assertThat(chunked).isCloseTo(logits, within(1e-12));
            }
        }
    }

    @Test void metrics_see_mean_logits_or_the_logarithm_of_mean_probabilities() {
        Torch.manualSeed(9);
        int samples = 4;
        try (var head = new Linear(D, C); var scope = Scope.open()) {
            head.to(DType.FLOAT64);
            Tensor features = randn(N, D), kept = kept(0.5, samples, N, D), each = head.forward(features.mul(kept).div(0.5)); // [M, N, C]
            for (int chunks : new int[] {1, 2, 4}) {
                var logits = new MultiSampleDropout(options(samples, dropping(0.5, parts(kept, chunks))).chunks(chunks), head)
                        .apply(features, labels(), CrossEntropy.mean()).logits();
                assertThat(logits.requiresGrad()).isFalse();
                assertThat(logits.toDoubleArray()).containsExactly(each.mean(0).toDoubleArray(), within(1e-12));
                var probabilities = new MultiSampleDropout(
                        options(samples, dropping(0.5, parts(kept, chunks))).chunks(chunks).prediction(PredictionMean.PROBABILITIES), head)
                        .apply(features, labels(), CrossEntropy.mean()).logits();
                assertThat(probabilities.exp().toDoubleArray()).containsExactly(each.softmax(2).mean(0).toDoubleArray(), within(1e-12));
            }
        }
    }

    /** Batched: one update by the statistics of M·N rows; with as many chunks as samples each sample has its own, as in a loop. */
    @Test void batch_normalisation_in_the_head_is_over_the_rows_of_a_chunk() {
        Torch.manualSeed(11);
        int samples = 3;
        try (var head = new Sequential(new BatchNorm1d(D), new Linear(D, C)); var loop = Module.copyOf(head);
                var whole = Module.copyOf(head); var scope = Scope.open()) {
            for (Module m : List.of(head, loop, whole)) m.to(DType.FLOAT64);
            Tensor features = randn(N, D).requiresGrad_(true), kept = kept(0.4, samples, N, D);
            Tensor chunked = new MultiSampleDropout(options(samples, dropping(0.4, parts(kept, samples))).chunks(samples), head)
                    .loss(features, labels());
            Tensor looped = Torch.zeros(DType.FLOAT64);
            for (int m = 0; m < samples; m++)
                looped = looped.add(CrossEntropy.crossEntropy(loop.forward(features.mul(kept.select(0, m)).div(0.6)), labels()));
            assertThat(chunked.itemDouble()).isCloseTo(looped.itemDouble() / samples, within(1e-12));
            head.stateDict().forEach((name, t) -> assertThat(t.allClose(loop.stateDict().get(name))).as(name).isTrue());

            new MultiSampleDropout(options(samples, dropping(0.4, kept)), whole).loss(features, labels());
            assertThat(whole.stateDict().get("0.num_batches_tracked").itemLong()).isEqualTo(1);
            assertThat(loop.stateDict().get("0.num_batches_tracked").itemLong()).isEqualTo(samples);
            Tensor mean = features.mul(kept).div(0.6).flatten(0, 1).mean(0).mul(0.1);
            assertThat(whole.stateDict().get("0.running_mean").allClose(mean)).isTrue();
        }
    }
}
