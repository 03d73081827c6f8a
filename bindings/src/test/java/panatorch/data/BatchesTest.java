package panatorch.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class BatchesTest {
    private static final long[] TEN = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

    /** The inputs of an epoch, whose targets are the same numbers. */
    private static List<Long> rows(Batches batches, long number, int first) {
        var all = new ArrayList<Long>();
        try (var epoch = batches.epoch(number, first)) {
            while (epoch.hasNext()) {
                try (var pair = epoch.next()) {
                    assertThat(pair.target().toLongArray()).isEqualTo(pair.input().toLongArray());
                    for (long row : pair.input().toLongArray()) all.add(row);
                }
            }
            assertThatThrownBy(epoch::next).isInstanceOf(NoSuchElementException.class);
        }
        return all;
    }

    @Test void rows_come_in_their_order_and_from_any_batch_on() {
        try (var scope = Scope.open()) {
            Tensor t = Torch.tensor(TEN, 10);
            var batches = Batches.of(t, t, 4);
            assertThat(batches.count()).isEqualTo(3);
            assertThat(rows(batches, 1, 0)).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
            assertThat(rows(batches, 2, 1)).containsExactly(4L, 5L, 6L, 7L, 8L, 9L);
        }
    }

    @Test void shuffled_rows_have_an_order_of_their_own_in_every_epoch_and_the_same_one_each_time() {
        try (var scope = Scope.open()) {
            Tensor t = Torch.tensor(TEN, 10);
            var batches = Batches.shuffled(t, t, 4, 7);
            List<Long> first = rows(batches, 1, 0);
            assertThat(first).containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L).isEqualTo(rows(batches, 1, 0))
                    .isNotEqualTo(rows(batches, 2, 0));
            assertThat(rows(batches, 1, 2)).isEqualTo(first.subList(8, 10));
        }
    }

    @Test void a_pair_does_what_it_was_given_when_it_is_closed() {
        var closed = new ArrayList<String>();
        try (var scope = Scope.open(); var pair = Batches.Pair.of(Torch.ones(2), null, () -> closed.add("once"))) {
            assertThat(pair.target()).isNull();
        }
        assertThat(closed).containsExactly("once");
    }

    @Test void inputs_and_targets_of_different_lengths_are_refused() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> Batches.of(Torch.ones(3), Torch.ones(4), 2)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there are 3 inputs, but 4 targets");
            assertThatThrownBy(() -> Batches.of(Torch.ones(3), Torch.ones(3), 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
