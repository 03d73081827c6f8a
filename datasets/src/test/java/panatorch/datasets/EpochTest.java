package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class EpochTest {
    private final Dataset twenty = new Numbered(20);

    @Test void closing_midway_frees_what_nobody_took() {
        long before = Torch.liveTensors();
        for (int taken = 0; taken < 4; taken++) {
            try (var epoch = DataLoader.of(twenty, 1).prefetch(3).build().epoch(0)) {
                var batches = epoch.iterator();
                for (int i = 0; i < taken; i++) batches.next().close();
            }
            assertThat(Torch.liveTensors()).isEqualTo(before);
        }
    }

    @Test void closing_midway_with_many_workers_leaves_no_tensor_and_no_thread() throws InterruptedException {
        long before = Torch.liveTensors();
        for (int taken = 0; taken < 12; taken++) {
            try (var epoch = DataLoader.of(twenty, 1).workers(4).prefetch(3).build().epoch(31)) {
                var batches = epoch.iterator();
                for (int i = 0; i < taken; i++) batches.next().close();
            }
            assertThat(Torch.liveTensors()).isEqualTo(before);
        }
        awaitNoThread();
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().startsWith("panatorch-")).count();
    }

    private static void awaitNoThread() throws InterruptedException {
        for (int i = 0; i < 500 && threads() > 0; i++) Thread.sleep(10);
        assertThat(threads()).isZero();
    }

    @Test void epochs_left_by_break_keep_no_threads() throws InterruptedException {
        long before = Torch.liveTensors();
        awaitNoThread();
        for (int e = 0; e < 500; e++) {
            for (Batch batch : DataLoader.of(twenty, 1).workers(2).build().epoch(e)) {
                batch.close();
                break;
            }
        }
        assertThat(threads()).as("of 500 epochs with 2 workers each").isLessThan(50);
        awaitNoThread();
        awaitTensors(before);
    }

    @Test void batches_of_epochs_left_by_break_are_freed_by_the_garbage_collector() throws InterruptedException {
        long before = Torch.liveTensors();
        for (int e = 0; e < 20; e++) {
            for (Batch batch : DataLoader.of(twenty, 1).workers(2).prefetch(4).build().epoch(e)) {
                batch.close();
                break;
            }
        }
        awaitTensors(before);
    }

    private static void awaitTensors(long most) throws InterruptedException {
        for (int i = 0; i < 500 && Torch.liveTensors() > most; i++) {
            System.gc();
            Thread.sleep(10);
        }
        assertThat(Torch.liveTensors()).isLessThanOrEqualTo(most);
    }

    @Test void an_epoch_of_which_only_the_iterator_is_held_goes_on() throws InterruptedException {
        var batches = DataLoader.of(twenty, 1).prefetch(1).build().epoch(0).iterator();
        for (int i = 0; i < 20; i++) {
            System.gc();
            Thread.sleep(2);
            try (Batch batch = batches.next()) {
                assertThat(batch.images().toFloatArray()[0]).isEqualTo(i / 255f);
            }
        }
    }

    @Test void closing_from_another_thread_wakes_the_one_that_waits_for_a_batch() throws InterruptedException {
        var source = new Numbered(100);
        var slow = source.map(source.schema(), (from, to) -> LockSupport.parkNanos(20_000_000));
        var epoch = DataLoader.of(slow, 100).build().epoch(0);
        var batches = epoch.iterator();
        var closer = Thread.ofPlatform().start(() -> {
            LockSupport.parkNanos(50_000_000);
            epoch.close();
        });
        assertThatThrownBy(batches::next).isInstanceOf(IllegalStateException.class).hasMessage("this epoch is closed");
        closer.join();
    }

    /** Items of which one is damaged and all others are slow. */
    private static Dataset damaged(int item) {
        var source = new Numbered(40);
        return source.map(source.schema(), (from, to) -> {
            byte number = from.field(0).get(ValueLayout.JAVA_BYTE, 0);
            if (number == item) throw new IllegalStateException("too many legs");
            LockSupport.parkNanos(1_000_000);
            to.field(0).fill(number);
            to.set(1, from.get(1));
        });
    }

    @Test void a_failure_bears_the_name_of_the_item_and_comes_in_its_place_though_it_was_met_first() {
        long before = Torch.liveTensors();
        var epoch = DataLoader.of(damaged(12), 4).workers(4).prefetch(3).build().epoch(0);
        var batches = epoch.iterator();
        for (int i = 0; i < 3; i++) batches.next().close();
        assertThatThrownBy(batches::next).isInstanceOf(CompletionException.class).hasCauseInstanceOf(DatasetException.class)
                .hasMessageEndingWith(
                        "batch 3 of epoch 0 could not be prepared: panatorch.datasets.DatasetException: item 12 could not be read: "
                                + "java.lang.IllegalStateException: too many legs")
                .hasRootCauseInstanceOf(IllegalStateException.class);
        assertThat(batches.hasNext()).isFalse();
        assertThat(Torch.liveTensors()).as("of the batches that came after it").isEqualTo(before);
        epoch.close();
    }

    @Test void closing_does_not_wait_for_whole_batches() {
        var source = new Numbered(100);
        var slow = source.map(source.schema(), (from, to) -> LockSupport.parkNanos(50_000_000));
        long begin = System.nanoTime();
        DataLoader.of(slow, 100).build().epoch(0).close();
        assertThat(System.nanoTime() - begin).isLessThan(2_000_000_000L); // a batch takes 5 s
    }

    @Test void closing_ends_the_preparation() throws InterruptedException {
        var made = new AtomicInteger();
        var epoch = DataLoader.of(twenty, 1).transform((x, g) -> {
            made.incrementAndGet();
            return x;
        }).build().epoch(0);
        var batches = epoch.iterator();
        batches.next().close();
        epoch.close();
        epoch.close();
        int until = made.get();
        assertThat(until).isLessThanOrEqualTo(4);
        Thread.sleep(20);
        assertThat(made).hasValue(until);
        assertThatThrownBy(batches::next).isInstanceOf(IllegalStateException.class).hasMessage("this epoch is closed");
    }

    @Test void no_more_batches_than_asked_for_are_prepared_ahead() throws InterruptedException {
        var made = new AtomicInteger();
        try (var epoch = DataLoader.of(twenty, 1).prefetch(2).transform((x, g) -> {
            made.incrementAndGet();
            return x;
        }).build().epoch(0)) {
            var batches = epoch.iterator();
            for (int taken = 0; taken < 3; taken++) {
                for (int i = 0; i < 200 && made.get() < taken + 2; i++) Thread.sleep(5);
                Thread.sleep(10);
                assertThat(made).hasValue(taken + 2);
                batches.next().close();
            }
        }
    }

    @Test void a_failure_surfaces_in_the_place_of_its_batch_with_its_cause() {
        var calls = new AtomicInteger();
        try (var epoch = DataLoader.of(twenty, 5).transform((x, g) -> calls.getAndIncrement() == 2 ? x.mm(x) : x).build().epoch(7)) {
            var batches = epoch.iterator();
            batches.next().close();
            batches.next().close();
            assertThat(batches.hasNext()).isTrue();
            assertThatThrownBy(batches::next).isInstanceOf(CompletionException.class)
                    .hasMessageStartingWith("batch 2 of epoch 7 could not be prepared: panatorch.TorchException: aten::mm")
                    .hasCauseInstanceOf(TorchException.class);
            assertThat(batches.hasNext()).isFalse();
            assertThatThrownBy(batches::next).isInstanceOf(NoSuchElementException.class);
        }
    }

    @Test void a_sampler_that_goes_wrong_surfaces_too() {
        Sampler wrong = new Sampler() {
            @Override public int size() { return 2; }

            @Override public int[] order(long epoch) { return new int[] {20, 0}; }
        };
        try (var epoch = DataLoader.of(twenty, 2).sampler(wrong).build().epoch(0)) {
            assertThatThrownBy(() -> epoch.iterator().next()).hasCauseInstanceOf(IndexOutOfBoundsException.class);
        }
        Sampler shorter = new Sampler() {
            @Override public int size() { return 2; }

            @Override public int[] order(long epoch) { return new int[] {0}; }
        };
        try (var epoch = DataLoader.of(twenty, 2).sampler(shorter).build().epoch(0)) {
            assertThatThrownBy(() -> epoch.iterator().next())
                    .hasRootCauseMessage("the sampler's order for epoch 0 has 1 items, but its size() is 2");
        }
    }

    @Test void an_epoch_is_iterated_once() {
        try (var epoch = DataLoader.of(twenty, 20).build().epoch(0)) {
            for (Batch batch : epoch) batch.close();
            assertThatThrownBy(epoch::iterator).isInstanceOf(IllegalStateException.class)
                    .hasMessage("an epoch is iterated once; open another one");
        }
    }

    @Test void an_interrupted_consumer_is_told_and_stays_interrupted() {
        try (var epoch = DataLoader.of(twenty, 1).build().epoch(0)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> epoch.iterator().next()).isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(InterruptedException.class);
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
