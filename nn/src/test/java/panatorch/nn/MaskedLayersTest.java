package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.Bert;

/** Layers with dropout inside, which libtorch's kernels otherwise do: attention, recurrent networks, and RReLU with its slopes. */
@NoTensorLeaks
class MaskedLayersTest {
    private static MultiheadAttention attention() {
        Torch.manualSeed(3);
        return new MultiheadAttention(MultiheadAttention.options(8, 2).batchFirst(true).dropout(0.5));
    }

    private static MultiheadAttention.ForwardOptions weights(boolean needed) {
        return MultiheadAttention.forwardOptions().needWeights(needed);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true}) void attention_drops_the_weights_that_a_given_mask_drops(boolean needWeights) {
        try (var attention = attention(); var scope = Scope.open()) {
            Tensor x = Torch.randn(3, 4, 8), bias = attention.namedParameters().get("out_proj.bias").detach();
            attention.eval();
            Tensor plain = attention.forward(x, x, x, weights(needWeights)).output();
            attention.train();
            Tensor kept = Torch.ones(3, 2, 4, 4);
            kept.narrow(2, 1, 1).zero_();
            attention.setMasks(MaskSource.given(kept));
            Tensor y = attention.forward(x, x, x, weights(needWeights)).output();
            assertThat(y.select(1, 1).allClose(bias.expand(3, 8), 1e-5, 1e-6)).as("a query without any weight").isTrue();
            assertThat(y.select(1, 0).sub(bias).allClose(plain.select(1, 0).sub(bias).mul(2), 1e-5, 1e-6)).as("weights of 1/(1 − p)")
                    .isTrue();
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "true, false",
        "false, true"}) void attention_draws_the_same_weights_from_one_state_whether_they_are_asked_for_or_not(boolean causal,
                boolean padded) {
        try (var attention = attention(); var generator = Generator.of(1); var scope = Scope.open()) {
            Tensor x = Torch.randn(3, 4, 8), state = generator.state();
            Tensor padding = padded
                    ? Torch.tensor(new boolean[][] {{false, false, false, true}, {false, false, true, true}, {false, false, false, false}})
                    : null;
            var o = MultiheadAttention.forwardOptions().isCausal(causal).keyPaddingMask(padding);
            attention.setMasks(MaskSource.of(generator));
            Tensor withWeights = attention.forward(x, x, x, o).output();
            generator.setState(state);
            Tensor without = attention.forward(x, x, x, o.needWeights(false)).output();
            assertThat(without.allClose(withWeights, 1e-5, 1e-6)).isTrue();
            assertThat(attention.forward(x, x, x, o.needWeights(false)).output().allClose(without, 1e-5, 1e-6)).as("the next draw")
                    .isFalse();
        }
    }

    @Test void attentions_source_travels_with_a_copy_and_its_rate_can_be_changed() {
        try (var attention = attention(); var generator = Generator.of(1); var scope = Scope.open()) {
            attention.setMasks(MaskSource.of(generator));
            attention.setP(0.25);
            try (var copy = Module.copyOf(attention)) {
                assertThat(copy.masks()).isSameAs(attention.masks());
                assertThat(copy.p()).isEqualTo(0.25);
            }
            assertThatThrownBy(() -> attention.setP(1.5)).isInstanceOf(IllegalArgumentException.class).hasMessage("the drop "
                    + "probability has to be between 0 and 1, not 1.5");
        }
    }

    @Test void a_bert_whose_every_layer_draws_from_one_generator_leaves_the_global_one_alone() {
        try (var bert = new Bert(Bert.options(2, 16, 2).vocabulary(20).positions(8).dropout(0.1, 0.3), 2); var generator = Generator.of(4);
                var global = Generator.global(); var scope = Scope.open()) {
            List<Masked> drops = bert.modules().stream().filter(Masked.class::isInstance).map(Masked.class::cast).toList();
            assertThat(drops).hasSizeGreaterThanOrEqualTo(4);
            drops.forEach(d -> d.setMasks(MaskSource.of(generator)));
            Tensor before = global.state(), own = generator.state(), tokens = Torch.randint(0, 20, 2, 6);
            Tensor untouched = global.state(), y = bert.call(tokens);
            assertThat(global.state().torchEquals(untouched)).isTrue();
            assertThat(before.torchEquals(untouched)).as("drawing the tokens moved it").isFalse();
            generator.setState(own);
            assertThat(bert.call(tokens).torchEquals(y)).isTrue();
        }
    }

    private static Recurrent lstm(boolean batchFirst, boolean bidirectional) {
        Torch.manualSeed(5);
        return new LSTM(Recurrent.options(3, 4).layers(2).dropout(0.5).batchFirst(batchFirst).bidirectional(bidirectional));
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false",
        "true, true"}) void a_recurrent_network_drops_between_its_layers_what_a_given_mask_drops(boolean batchFirst,
                boolean bidirectional) {
        int wide = bidirectional ? 8 : 4;
        try (var net = lstm(batchFirst, bidirectional);
                var first = new LSTM(Recurrent.options(3, 4).batchFirst(batchFirst).bidirectional(bidirectional));
                var second = new LSTM(Recurrent.options(wide, 4).batchFirst(batchFirst).bidirectional(bidirectional));
                var scope = Scope.open()) {
            net.namedParameters().forEach((name, value) -> (name.contains("_l0") ? first : second).namedParameters()
                    .get(name.replace("_l1", "_l0")).setData(value.detach().clone()));
            Tensor x = batchFirst ? Torch.randn(2, 5, 3) : Torch.randn(5, 2, 3), kept = Torch.rand(2, 5, wide).ge(0.5);
            net.setMasks(MaskSource.given(kept));
            List<Tensor> all = net.forwardAll(List.of(x)), one = first.forwardAll(List.of(x));
            Tensor mask = (batchFirst ? kept : kept.transpose(0, 1)).to(DType.FLOAT32).mul(2);
            List<Tensor> two = second.forwardAll(List.of(one.getFirst().mul(mask)));
            assertThat(all.getFirst().torchEquals(two.getFirst())).isTrue();
            for (int state = 1; state <= 2; state++)
                assertThat(all.get(state).torchEquals(Aten.cat(one.get(state), two.get(state)))).isTrue();
        }
    }

    @Test void packed_sequences_are_masked_too_and_evaluation_asks_for_no_mask() {
        try (var net = lstm(true, false); var generator = Generator.of(2); var scope = Scope.open()) {
            var packed = PackedSequence.pack(Torch.randn(2, 4, 3), Torch.tensor(new long[] {4, 2}), true);
            net.setMasks(MaskSource.of(generator));
            Tensor state = generator.state(), y = net.forward(packed).output().data();
            assertThat(net.forward(packed).output().data().torchEquals(y)).isFalse();
            generator.setState(state);
            assertThat(net.forward(packed).output().data().torchEquals(y)).isTrue();
            net.eval();
            net.setMasks(MaskSource.given());
            assertThat(net.forward(packed).output().data().torchEquals(net.forward(packed).output().data())).isTrue();
        }
    }

    @Test void slopes_from_a_generator_are_libtorchs_own_from_the_same_state() {
        try (var layer = new RReLU(); var generator = Generator.of(9); var scope = Scope.open()) {
            Tensor x = Torch.randn(50);
            Torch.manualSeed(9);
            Tensor expected = layer.forward(x);
            layer.setGenerator(generator);
            assertThat(layer.forward(x).torchEquals(expected)).isTrue();
            assertThat(layer.forward(x).torchEquals(expected)).isFalse();
        }
    }
}
