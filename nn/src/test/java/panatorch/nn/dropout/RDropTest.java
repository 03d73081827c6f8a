package panatorch.nn.dropout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.MaskSource;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

@NoTensorLeaks
class RDropTest {
    private static final int N = 5, D = 6, C = 4;

    @Test void one_pass_over_twice_the_batch_is_the_authors_loss_of_two_passes() {
        Torch.manualSeed(2);
        try (var dropout = new Dropout(0.4); var linear = new Linear(D, C); var model = new Sequential(dropout, linear);
                var scope = Scope.open()) {
            model.to(DType.FLOAT64);
            Tensor x = Torch.randn(DType.FLOAT64, N, D), target = Torch.tensor(new long[] {0, 3, 1, 2, 3}),
                    kept = Torch.rand(2 * N, D).gt(0.4);
            dropout.setMasks(MaskSource.given(kept, kept.slice(0, 0L, (long) N, 1), kept.slice(0, (long) N, null, 1)));
            var result = new RDrop(0.7, CrossEntropy.mean()).apply(model, x, target);
            result.loss().backward();
            double[] gradient = linear.weight().grad().toDoubleArray();
            linear.zeroGrad();

            Tensor one = model.call(x), two = model.call(x);
            Tensor kl = kl(one, two).add(kl(two, one)).div(2);
            Tensor loss = CrossEntropy.crossEntropy(one, target).add(CrossEntropy.crossEntropy(two, target)).div(2).add(kl.mul(0.7));
            loss.backward();
            assertThat(result.loss().itemDouble()).isCloseTo(loss.itemDouble(), within(1e-12));
            assertThat(result.divergence().itemDouble()).isCloseTo(kl.itemDouble(), within(1e-12)).isPositive();
            assertThat(gradient).containsExactly(linear.weight().grad().toDoubleArray(), within(1e-12));
            assertThat(result.logits().allClose(one.add(two).div(2))).isTrue();
        }
    }

    /** libtorch's KL(p‖q), the mean over rows. */
    private static Tensor kl(Tensor p, Tensor q) {
        return Aten.klDiv(q.logSoftmax(-1), p.softmax(-1)).mul(C);
    }

    @Test void without_dropping_the_samples_agree_and_the_loss_is_the_plain_one() {
        try (var model = new Linear(D, C); var scope = Scope.open()) {
            Tensor x = Torch.randn(N, D), target = Torch.tensor(new long[] {0, 3, 1, 2, 3});
            var result = new RDrop(5, CrossEntropy.mean()).apply(model, x, target);
            assertThat(result.divergence().itemDouble()).isZero();
            assertThat(result.loss().itemDouble()).isCloseTo(CrossEntropy.crossEntropy(model.forward(x), target).itemDouble(),
                    within(1e-6));
        }
    }

    @Test void impossible_settings_are_refused() {
        assertThatThrownBy(() -> new RDrop(-1, CrossEntropy.mean())).hasMessage("alpha has to be at least 0, not -1.0");
        assertThatThrownBy(() -> new RDrop(1, CrossEntropy.mean().reduction(Reduction.SUM)))
                .hasMessage("R-Drop needs a criterion with the reduction MEAN");
    }
}
