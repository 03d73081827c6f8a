package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

@NoTensorLeaks
class LayersTest {
    @Test void single_values_are_not_normalised_in_training() {
        try (var batch = new BatchNorm1d(3); var instance = new InstanceNorm1d(3); var group = new GroupNorm(3, 3);
                var scope = Scope.open()) {
            assertThatThrownBy(() -> batch.forward(Torch.ones(1, 3)))
                    .hasMessage("Expected more than 1 value per channel when training, got input size [1, 3]");
            assertThatThrownBy(() -> instance.forward(Torch.ones(2, 3, 1)))
                    .hasMessage("Expected more than 1 spatial element when training, got input size [2, 3, 1]");
            assertThatThrownBy(() -> group.forward(Torch.ones(1, 3)))
                    .hasMessage("Expected more than 1 value per channel when training, got input size [1, 3]");
            batch.eval();
            assertThat(batch.forward(Torch.zeros(1, 3)).toFloatArray()).containsOnly(0);
        }
    }

    @Test void options_that_do_not_fit_each_other_are_refused_before_anything_is_computed() {
        assertThatThrownBy(() -> new Conv2d(Conv2d.options(3, 4, 3).groups(2))).hasMessage("2 groups do not divide 3 and 4 channels");
        assertThatThrownBy(() -> new Conv2d(Conv2d.options(3, 4, 3).stride(2).paddingSame())).hasMessage("paddingSame needs a "
                + "convolution with stride 1 that is not transposed");
        assertThatThrownBy(() -> new MultiheadAttention(10, 3)).hasMessage("3 heads do not divide 10 features");
        assertThatThrownBy(() -> new Dropout(1.5)).hasMessage("the drop probability has to be between 0 and 1, not 1.5");
        assertThatThrownBy(() -> new LSTM(LSTM.options(2, 3).projection(3))).hasMessage("projection has to be smaller than the hidden "
                + "size of an LSTM, and 0 for other networks");
        assertThatThrownBy(() -> new MaxPool2d(MaxPool2d.options(1, 2, 3))).hasMessage("one size or 2 sizes are needed, not 3");
    }

    @Test void a_transposed_convolution_makes_the_size_that_is_asked_for() {
        try (var down = new Conv2d(Conv2d.options(1, 1, 3).stride(2).padding(1));
                var up = new ConvTranspose2d(ConvTranspose2d.options(1, 1, 3).stride(2).padding(1)); var scope = Scope.open()) {
            Tensor x = Torch.randn(1, 1, 8, 7), y = down.forward(x);
            assertThat(up.forward(y, 8, 7).shape()).containsExactly(1, 1, 8, 7);
            assertThatThrownBy(() -> up.forward(y, 9, 7)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("between 7 and 8 in dimension 0");
        }
    }

    @Test void attention_computes_the_same_with_weights_and_in_one_kernel() {
        try (var attention = new MultiheadAttention(8, 2); var scope = Scope.open()) {
            Tensor x = Torch.randn(5, 3, 8), mask = Transformer.causalMask(5);
            var withWeights = attention.attend(x, x, x, null, mask, true, false);
            assertThat(withWeights.weights().shape()).containsExactly(3, 2, 5, 5);
            assertThat(attention.attend(x, x, x, null, mask, false, false).output().allClose(withWeights.output(), 1e-4, 1e-6)).isTrue();
            assertThat(attention.forward(x).allClose(attention.forward(x, x, x).output(), 1e-4, 1e-6)).isTrue();
        }
    }

    @Test void causal_attention_is_attention_with_a_mask_of_later_tokens() {
        try (var attention = new MultiheadAttention(MultiheadAttention.options(8, 2).batchFirst(true)); var scope = Scope.open()) {
            Tensor x = Torch.randn(3, 5, 8), padding = Torch.zeros(DType.BOOL, 3, 5);
            var causal = MultiheadAttention.forwardOptions().isCausal(true);
            var masked = attention.forward(x, x, x, MultiheadAttention.forwardOptions().attentionMask(Transformer.causalMask(5)));
            assertThat(attention.forward(x, x, x, causal).weights().allClose(masked.weights(), 1e-5, 1e-6)).isTrue();
            for (var o : List.of(causal, causal.needWeights(false), causal.needWeights(false).keyPaddingMask(padding),
                    causal.averageWeights(false).attentionMask(Transformer.causalMask(5))))
                assertThat(attention.forward(x, x, x, o).output().allClose(masked.output(), 1e-4, 1e-6)).isTrue();
            assertThat(masked.output().allClose(attention.forward(x), 1e-4, 1e-6)).isFalse();
        }
    }

    @Test void a_padding_index_is_a_plain_number_and_losses_have_their_options_by_name() {
        try (var words = new Embedding(Embedding.options(5, 2).paddingIndex(-1).maxNorm(1)); var scope = Scope.open();
                var loss = new CrossEntropyLoss(CrossEntropy.mean().labelSmoothing(0.1).ignoreIndex(0).weight(Torch.ones(3)))) {
            assertThat(words).hasToString("Embedding(5, 2, padding_idx=4, max_norm=1.0)");
            Tensor logits = Torch.randn(4, 3), target = Torch.tensor(new long[] {0, 1, 2, 1});
            assertThat(new TripletMarginLoss(TripletMarginLoss.options().swap(true).reduction(Reduction.NONE))
                    .forward(logits, logits, logits).toFloatArray()).containsOnly(1);
            assertThat(
                    new PoissonNLLLoss(PoissonNLLLoss.options().logInput(false).eps(1)).forward(Torch.zeros(2), Torch.ones(2)).itemDouble())
                    .isZero();
            assertThat(new MultiMarginLoss(MultiMarginLoss.options().margin(3).p(2)).forward(Torch.zeros(2, 3), Torch.zeros(DType.INT64, 2))
                    .itemDouble()).isEqualTo(6);
            assertThat(loss.forward(logits, target)
                    .torchEquals(CrossEntropy.mean().labelSmoothing(0.1).ignoreIndex(0).weight(Torch.ones(3)).apply(logits, target)))
                    .isTrue();
        }
    }

    @Test void a_module_of_several_inputs_says_so() {
        try (var loss = new MSELoss(); var scope = Scope.open()) {
            assertThatThrownBy(() -> loss.forward(Torch.ones(1))).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessage("MSELoss does not map one tensor to one tensor; see its other methods");
        }
    }
}
