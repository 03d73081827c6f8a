package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class BatchSamplerTest {
    private static String shown(BatchSampler batches) { return Arrays.deepToString(batches.order(0).toArray()); }

    /** {@code list(BatchSampler(SequentialSampler(range(7)), 3, drop_last))}. */
    @Test void an_order_is_cut_into_batches_as_by_pytorch() {
        var all = new SequentialSampler(7);
        assertThat(shown(BatchSampler.of(all, 3, false))).isEqualTo("[[0, 1, 2], [3, 4, 5], [6]]");
        assertThat(shown(BatchSampler.of(all, 3, true))).isEqualTo("[[0, 1, 2], [3, 4, 5]]");
    }

    @Test void batches_of_similar_lengths_hold_every_item_once_with_little_padding() {
        int[] lengths = IntStream.range(0, 1000).map(i -> (i * 7919 + 13) % 500).toArray();
        BatchSampler sampler = BatchSampler.byLength(lengths, 8, 1);
        List<int[]> batches = sampler.order(3);
        assertThat(batches).hasSize(sampler.size()).hasSize(125);
        assertThat(batches.stream().flatMapToInt(Arrays::stream).sorted())
                .containsExactly(IntStream.range(0, 1000).boxed().toArray(Integer[]::new));
        long padded = batches.stream().mapToLong(b -> 8L * IntStream.of(b).map(i -> lengths[i]).max().orElseThrow()).sum();
        assertThat(padded).isLessThan(IntStream.of(lengths).sum() * 106L / 100);
        assertThat(Arrays.deepToString(sampler.order(3).toArray())).isEqualTo(Arrays.deepToString(batches.toArray()));
        assertThat(Arrays.deepToString(sampler.order(4).toArray())).isNotEqualTo(Arrays.deepToString(batches.toArray()));
    }

    @Test void a_loader_takes_its_batches() {
        BatchSampler odd = new BatchSampler() {
            @Override public int size() { return 2; }

            @Override public List<int[]> order(long epoch) { return List.of(new int[] {3, 1, 2}, new int[] {0}); }
        };
        var loader = DataLoader.of(new Numbered(4), odd).workers(2).build();
        assertThat(loader.count()).isEqualTo(2);
        try (var epoch = loader.epoch(0); Batch first = epoch.next(); Batch second = epoch.next()) {
            assertThat(first.labels().toLongArray()).containsExactly(0, 1, 2);
            assertThat(second.labels().toLongArray()).containsExactly(0);
            assertThat(epoch.hasNext()).isFalse();
        }
        assertThatThrownBy(() -> DataLoader.of(new Numbered(4), odd).shuffle().build()).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a batch sampler decides the order and the batches by itself");
    }

    @Test void a_batch_sampler_that_contradicts_itself_is_an_error() {
        BatchSampler empty = new BatchSampler() {
            @Override public int size() { return 1; }

            @Override public List<int[]> order(long epoch) { return epoch == 0 ? List.of(new int[0]) : List.of(); }
        };
        var loader = DataLoader.of(new Numbered(4), empty).build();
        try (var epoch = loader.epoch(0)) {
            assertThatThrownBy(epoch::next).hasMessageContaining("the batch sampler's batch 0 has no items");
        }
        try (var epoch = loader.epoch(1)) {
            assertThatThrownBy(epoch::next)
                    .hasMessageContaining("the batch sampler's order for epoch 1 has 0 batches, but its size() is 1");
        }
    }

    @Test void scoped_batches_free_themselves_and_what_was_made_meanwhile() {
        long before = Torch.liveTensors();
        var made = new ArrayList<Tensor>();
        Tensor kept = null;
        try (var batches = DataLoader.of(new Numbered(5), 2).prefetch(1).build().epoch(0).scoped()) {
            for (Batch batch : batches) {
                assertThat(made).allMatch(Tensor::isClosed);
                made.add(batch.images());
                made.add(batch.images().mul(2));
                if (kept == null) kept = batch.labels().add(1).escape();
            }
        }
        assertThat(made).hasSize(6).allMatch(Tensor::isClosed);
        assertThat(kept.toLongArray()).containsExactly(1, 2);
        kept.close();
        assertThat(Torch.liveTensors()).isEqualTo(before);
    }

    @Test void scoped_batches_free_themselves_after_an_error_and_leave_the_outer_scope_alone() {
        long before = Torch.liveTensors();
        try (var scope = Scope.open()) {
            Tensor outer = Torch.ones(1);
            assertThatThrownBy(() -> DataLoader.of(new Numbered(5), 2).build().epoch(0).scoped().forEach(batch -> {
                batch.images().mul(2);
                throw new IllegalStateException("stop");
            })).hasMessage("stop");
            assertThat(outer.toFloatArray()).containsExactly(1);
            assertThat(Torch.liveTensors()).isEqualTo(before + 1);
        }
    }
}
