package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class IterableLoaderTest {
    private static IterableDataset<Integer> numbers(int from, int to) {
        return IterableDataset.of(IntStream.range(from, to).boxed().toList());
    }

    private static List<List<Long>> batches(IterableLoader loader, long epoch) {
        var all = new ArrayList<List<Long>>();
        try (var batches = loader.epoch(epoch).scoped()) {
            for (Batch b : batches) all.add(Arrays.stream(b.get("n").toLongArray()).boxed().toList());
        }
        return all;
    }

    private static IterableLoader.Builder<Map<String, ?>> loader(IterableDataset<Integer> set, int size) {
        return IterableLoader.of(set.map(n -> Map.<String, Object>of("n", n)), size, Collate.standard());
    }

    /**
     * As in PyTorch:
     *
     * <pre>
     * class Numbers(IterableDataset):
     *     def __iter__(self):
     *         w = get_worker_info()
     *         return iter(range(w.id, 7, w.num_workers))
     * [b.tolist() for b in DataLoader(Numbers(), 2, num_workers=2)]    # [[0, 2], [1, 3], [4, 6], [5]]
     * </pre>
     */
    @Test void batches_come_from_the_workers_in_turn() {
        assertThat(batches(loader(numbers(0, 7), 2).build(), 0)).hasToString("[[0, 1], [2, 3], [4, 5], [6]]");
        assertThat(batches(loader(numbers(0, 7), 2).workers(2).build(), 0)).hasToString("[[0, 2], [1, 3], [4, 6], [5]]");
        assertThat(batches(loader(numbers(0, 7), 2).workers(2).dropLast().build(), 0)).hasToString("[[0, 2], [1, 3], [4, 6]]");
        assertThat(batches(loader(numbers(0, 3), 1).workers(3).prefetch(1).build(), 0)).hasToString("[[0], [1], [2]]");
        assertThat(batches(loader(numbers(0, 0), 2).workers(2).build(), 0)).isEmpty();
    }

    @Test void ranks_and_workers_share_the_items_without_repeating_one() {
        var all = new ArrayList<Long>();
        for (int rank = 0; rank < 3; rank++)
            batches(loader(numbers(0, 50), 4).workers(2).rank(rank, 3).build(), 0).forEach(all::addAll);
        assertThat(all).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 50).mapToObj(i -> (long) i).toList());
    }

    @Test void chained_datasets_are_opened_when_they_are_reached_and_closed_when_they_end() {
        var log = new ArrayList<String>();
        IterableDataset<Integer> first = pass -> {
            log.add("open 1");
            return IntStream.range(0, 3).boxed().onClose(() -> log.add("close 1"));
        }, second = pass -> {
            log.add("open 2");
            return IntStream.range(3, 5).boxed().onClose(() -> log.add("close 2"));
        };
        assertThat(batches(loader(IterableDataset.chain(first, second), 2).prefetch(1).build(), 0)).hasToString("[[0, 1], [2, 3], [4]]");
        assertThat(log).containsExactly("open 1", "close 1", "open 2", "close 2");
        try (Stream<Integer> endless = IterableDataset.<Integer>chain(pass -> Stream.iterate(0, n -> n + 1), second)
                .stream(new IterableDataset.Pass(0, 0, 1))) {
            assertThat(endless.limit(3)).containsExactly(0, 1, 2);
        }
    }

    @Test void a_window_shuffles_all_items_by_the_seed() {
        var shuffled = numbers(0, 40).shuffle(10, 7);
        List<Long> one = batches(loader(shuffled, 40).build(), 0).getFirst(), other = batches(loader(shuffled, 40).build(), 1).getFirst();
        assertThat(one).isEqualTo(batches(loader(shuffled, 40).build(), 0).getFirst()).isNotEqualTo(other);
        assertThat(one).containsExactlyInAnyOrderElementsOf(IntStream.range(0, 40).mapToObj(i -> (long) i).toList());
        for (int i = 0; i < 40; i++) assertThat(one.get(i)).as("drawn from the next ten").isLessThan(i + 10);
        assertThat(one).isNotEqualTo(one.stream().sorted().toList());
    }

    @Test void tensors_in_a_window_outlive_the_scope_in_which_they_were_made() {
        IterableDataset<Map<String, Tensor>> tensors = numbers(0, 9).map(n -> Map.of("n", Torch.tensor(new long[] {n})));
        var loader = IterableLoader.of(tensors.shuffle(5, 1), 2, Collate.standard()).build();
        assertThat(batches(loader, 0).stream().flatMap(List::stream)).containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L);
        try (var left = loader.epoch(1)) {
            left.next().close(); // the window's tensors are freed with the epoch
        }
    }

    @Test void an_endless_stream_ends_with_its_epoch_and_is_closed() throws InterruptedException {
        var closed = new AtomicInteger();
        IterableDataset<Integer> endless = pass -> Stream.iterate(0, n -> n + 1).onClose(closed::incrementAndGet);
        try (var epoch = loader(endless, 3).workers(2).build().epoch(0)) {
            for (int i = 0; i < 10; i++) epoch.next().close();
        }
        assertThat(closed).hasValue(2);
        IterableEpoch ended = loader(endless, 3).build().epoch(0);
        ended.close();
        ended.close();
        assertThatThrownBy(ended::next).hasMessage("this epoch is closed");
        long before = Torch.liveTensors();
        for (int e = 0; e < 5; e++) loader(endless, 3).build().epoch(e).next().close(); // abandoned
        for (int i = 0; i < 500 && (closed.get() < 8 || Torch.liveTensors() > before); i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(closed).hasValueGreaterThanOrEqualTo(7);
        assertThat(Torch.liveTensors()).isLessThanOrEqualTo(before);
    }

    @Test void a_failure_comes_in_the_place_of_its_batch() {
        IterableDataset<Integer> failing = numbers(0, 10).map(n -> {
            if (n == 5) throw new DatasetException("item 5 is damaged");
            return n;
        });
        try (var epoch = loader(failing, 2).build().epoch(4)) {
            epoch.next().close();
            epoch.next().close();
            assertThatThrownBy(epoch::hasNext).isInstanceOf(CompletionException.class)
                    .hasMessageStartingWith("a batch of epoch 4 could not be prepared: ").hasMessageContaining("item 5 is damaged");
            assertThat(epoch.hasNext()).isFalse();
        }
    }

    @Test void slow_readers_and_slow_takers_lose_no_batch() {
        IterableDataset<Integer> slow = numbers(0, 60).map(n -> {
            if (n % 7 == 0) LockSupport.parkNanos(300_000);
            return n;
        });
        for (int prefetch = 1; prefetch < 4; prefetch++) {
            var all = new ArrayList<Long>();
            try (var batches = loader(slow, 1).workers(3).prefetch(prefetch).build().epoch(0).scoped()) {
                for (Batch b : batches) {
                    all.add(b.get("n").itemLong());
                    if (all.size() % 11 == 0) LockSupport.parkNanos(500_000);
                }
            }
            assertThat(all).isEqualTo(IntStream.range(0, 60).mapToObj(i -> (long) i).toList());
        }
    }

    @Test void a_trainer_gets_epochs_of_a_fixed_length_that_resume() {
        Batches pairs = loader(numbers(0, 10), 2).build().batches(4, b -> b.get("n"), b -> null);
        try (var epoch = pairs.epoch(1, 2)) {
            try (var third = epoch.next()) {
                assertThat(third.input().toLongArray()).containsExactly(4, 5);
            }
            epoch.next().close();
            assertThat(epoch.hasNext()).isFalse();
            assertThatThrownBy(epoch::next).isInstanceOf(NoSuchElementException.class);
        }
        try (var epoch = loader(numbers(0, 2), 2).build().batches(4, b -> b.get("n"), b -> null).epoch(1, 0)) {
            epoch.next().close();
            assertThatThrownBy(epoch::next).hasMessage("epoch 1 ended after 1 of 4 batches");
        }
    }

    @Test void items_with_indices_can_be_iterated_too() {
        IterableDataset<Integer> set = IterableDataset.of(ItemDataset.of(5, i -> 10 * i));
        assertThat(batches(loader(set, 2).workers(2).build(), 0)).hasToString("[[0, 20], [10, 30], [40]]");
    }
}
