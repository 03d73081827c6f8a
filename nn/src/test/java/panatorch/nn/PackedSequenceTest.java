package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class PackedSequenceTest {
    private static final long[] LENGTHS = {3, 5, 2};

    @Test void padding_a_packed_sequence_gives_back_what_was_packed() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.randn(3, 5, 4);
            for (int n = 0; n < 3; n++) x.select(0, n).slice(0, LENGTHS[n], null, 1).zero_();
            var packed = PackedSequence.pack(x, Torch.tensor(LENGTHS), true);
            assertThat(packed.data().shape()).containsExactly(10, 4);
            assertThat(packed.pad(true, 0).torchEquals(x)).isTrue();
            assertThat(packed.lengths().toLongArray()).containsExactly(LENGTHS);
        }
    }

    @Test void every_sequence_of_a_pack_is_computed_as_if_it_were_alone() {
        var options = Recurrent.options(4, 6).layers(2).bidirectional(true).batchFirst(true);
        try (var rnn = new RNN(options, true); var tanh = new RNN(options, false); var gru = new GRU(options); var lstm = new LSTM(options);
                var projected = new LSTM(options.projection(3))) {
            for (Recurrent network : List.of(rnn, tanh, gru, lstm, projected)) {
                try (var scope = Scope.open()) {
                    Tensor x = Torch.randn(3, 5, 4);
                    var result = network.forward(PackedSequence.pack(x, Torch.tensor(LENGTHS), true));
                    Tensor output = result.output().pad(true, 0);
                    for (int n = 0; n < 3; n++) {
                        var alone = network.forwardAll(List.of(x.select(0, n).slice(0, 0L, LENGTHS[n], 1)));
                        assertThat(output.select(0, n).slice(0, 0L, LENGTHS[n], 1).allClose(alone.getFirst(), 1e-4, 1e-6)).isTrue();
                        for (int s = 0; s < result.states().size(); s++)
                            assertThat(result.states().get(s).select(1, n).allClose(alone.get(s + 1), 1e-4, 1e-6)).isTrue();
                    }
                }
            }
        }
    }

    @Test void states_stay_with_their_sequences() {
        try (var gru = new GRU(Recurrent.options(4, 6)); var scope = Scope.open()) {
            Tensor x = Torch.randn(5, 3, 4), state = Torch.randn(1, 3, 6);
            var result = gru.forward(PackedSequence.pack(x, Torch.tensor(LENGTHS), false), state);
            for (int n = 0; n < 3; n++) {
                Tensor alone = gru.forward(x.select(1, n).slice(0, 0L, LENGTHS[n], 1), state.select(1, n)).state();
                assertThat(result.states().getFirst().select(1, n).allClose(alone, 1e-4, 1e-6)).isTrue();
            }
            assertThat(Aten.isNonzero(result.output().data().abs().sum())).isTrue();
        }
    }
}
