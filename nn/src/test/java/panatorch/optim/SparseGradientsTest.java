package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Embedding;

/** Optimisers given the sparse gradients of an embedding. The weights after three steps are PyTorch 2.13's. */
@NoTensorLeaks
class SparseGradientsTest {
    private static final double[] START = {1, 2, 3, 4, 5, 6, 7, 8};

    private static Embedding embedding() {
        var e = new Embedding(Embedding.options(4, 2).sparse(true));
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            e.parameters().getFirst().copy_(Torch.tensor(START).view(4, 2));
        }
        return e;
    }

    private static void backward(Embedding e, long... ids) {
        try (var scope = Scope.open()) {
            e.call(Torch.tensor(ids)).square().sum().backward();
        }
    }

    private static double[] afterThreeSteps(Function<List<Tensor>, Optimizer> make) {
        try (var e = embedding(); var o = make.apply(e.parameters())) {
            for (long[] ids : new long[][] {{1, 1, 2}, {2, 0, 2}, {1, 3, 3}}) {
                o.zeroGrad();
                backward(e, ids);
                o.step();
            }
            return weights(e);
        }
    }

    private static double[] weights(Embedding e) {
        try (var scope = Scope.open()) {
            return e.parameters().getFirst().detach().to(panatorch.DType.FLOAT64).flatten(0, -1).toDoubleArray();
        }
    }

    @Test void sgd_takes_them_with_and_without_momentum() {
        assertThat(afterThreeSteps(p -> new SGD(p, SGD.options(0.1)))).containsExactly(
                new double[] {0.8, 1.6, 1.44, 1.92, 2.4, 2.88, 4.2, 4.8},
                within(1e-5));
        assertThat(afterThreeSteps(p -> new SGD(p, SGD.options(0.01).momentum(0.9)))).containsExactly(
                new double[] {0.962, 1.924, 2.61936, 3.49248, 4.3566, 5.22792, 6.72, 7.68}, within(1e-5));
        assertThat(afterThreeSteps(p -> new SGD(p, SGD.options(0.01).momentum(0.9).nesterov(true)))).containsExactly(
                new double[] {0.9458, 1.8916, 2.485677, 3.314237, 4.134696, 4.961635, 6.468, 7.392}, within(1e-5));
        assertThat(afterThreeSteps(p -> new SGD(p, SGD.options(0.01).momentum(0.9).maximize(true)))).containsExactly(
                new double[] {1.038, 2.076, 3.38976, 4.51968, 5.6586, 6.790319, 7.28, 8.32}, within(1e-5));
    }

    @Test void adagrad_takes_them() {
        assertThat(afterThreeSteps(p -> new Adagrad(p, Adagrad.options(0.1).lrDecay(0.5).initialAccumulatorValue(0.1)))).containsExactly(
                new double[] {0.934151, 1.933541, 2.878282, 3.878113, 4.840672, 5.840613, 6.950003, 7.950003}, within(1e-5));
    }

    private static void assertRefused(String why, Function<List<Tensor>, Optimizer> make) {
        try (var e = embedding(); var dense = new Embedding(4, 2); var o = make.apply(dense.parameters())) {
            o.addParamGroup(e.parameters(), o.groups().getFirst().options());
            backward(dense, 1, 2);
            backward(e, 1, 2);
            double[] before = weights(dense);
            assertThatThrownBy(o::step).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(why)
                    .satisfies(x -> assertThat(x.getMessage().length()).isLessThan(300));
            assertThat(weights(e)).containsExactly(START);
            assertThat(weights(dense)).as("the group before it").containsExactly(before);
        }
    }

    @Test void others_refuse_them_in_a_sentence_before_anything_is_changed() {
        assertRefused("Adam does not support sparse gradients; use SparseAdam", p -> new Adam(p, Adam.options(0.1)));
        assertRefused("AdamW does not support", p -> new AdamW(p, AdamW.options(0.1)));
        assertRefused("RMSprop does not support", p -> new RMSprop(p, RMSprop.options(0.1)));
        assertRefused("NAdam does not support", p -> new NAdam(p, NAdam.options(0.1)));
        assertRefused("SGD does not support sparse gradients with weightDecay(0.1)", p -> new SGD(p, SGD.options(0.1).weightDecay(0.1)));
        assertRefused("SGD does not support sparse gradients with fused(true)", p -> new SGD(p, SGD.options(0.1).fused(true)));
        assertRefused("Adagrad does not support sparse gradients with weightDecay",
                p -> new Adagrad(p, Adagrad.options(0.1).weightDecay(1)));
    }

    /** T₀ = 3, T_mult = 2, η_min = 0.001. */
    @Test void warm_restarts_step_to_a_fraction_of_an_epoch() {
        try (var scope = Scope.open(); var sgd = new SGD(List.of(Torch.ones(1).requiresGrad_(true)), SGD.options(0.1))) {
            var schedule = new CosineAnnealingWarmRestarts(sgd, 3, 2, 0.001);
            double[] epochs = {0, 1.5, 2.9, 3, 4.5, 8.99, 9, 30.25},
                    rates = {0.1, 0.0505, 0.001271166, 0.1, 0.085501786, 0.001000679, 0.1, 0.067936377};
            for (int i = 0; i < epochs.length; i++) {
                schedule.step(epochs[i]);
                assertThat(sgd.learningRate()).as("epoch %s", epochs[i]).isCloseTo(rates[i], within(1e-9));
            }
            schedule.step(4.5);
            var state = schedule.stateDict();
            schedule.step();
            assertThat(sgd.learningRate()).as("the plain step after 4.5").isCloseTo(0.063311543, within(1e-9));
            schedule.loadStateDict(state);
            schedule.step();
            assertThat(sgd.learningRate()).as("the same after loading").isCloseTo(0.063311543, within(1e-9));
            assertThatThrownBy(() -> schedule.step(-0.5)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("-0.5");
            var even = new CosineAnnealingWarmRestarts(sgd, 3);
            even.step(3.5);
            assertThat(sgd.learningRate()).isCloseTo(0.09330127, within(1e-8));
        }
    }
}
