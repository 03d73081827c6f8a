package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

@Gpu
@NoTensorLeaks
class StreamsOnGpuTest {
    private static final long LONG = 200_000_000;

    private final Stream main = Stream.current(Gpus.FIRST);

    @Test void a_thread_begins_on_the_default_stream() throws InterruptedException {
        assertThat(main).isEqualTo(Stream.byDefault(Gpus.FIRST));
        assertThat(main.id()).isZero();
        assertThat(main.handle()).isZero();
        Stream side = Stream.pooled(Gpus.FIRST);
        assertThat(side).isNotEqualTo(main);
        assertThat(side.handle()).isNotZero();
        var elsewhere = new AtomicReference<Stream>();
        try (var on = side.enter()) {
            assertThat(Stream.current(Gpus.FIRST)).isEqualTo(side);
            Thread.ofPlatform().start(() -> elsewhere.set(Stream.current(Gpus.FIRST))).join();
        }
        assertThat(elsewhere.get()).as("streams are a thread's").isEqualTo(main);
        assertThat(Stream.current(Gpus.FIRST)).isEqualTo(main);
    }

    @Test void a_guard_restores_the_stream_after_an_exception_and_holds_on_a_virtual_thread() throws InterruptedException {
        Stream side = Stream.pooled(Gpus.FIRST, -1);
        assertThatThrownBy(() -> {
            try (var on = side.enter()) {
                throw new IllegalStateException("inside");
            }
        }).hasMessage("inside");
        assertThat(Stream.current(Gpus.FIRST)).isEqualTo(main);
        var seen = new AtomicReference<Stream>();
        Thread.ofVirtual().start(() -> {
            try (var on = side.enter()) {
                Thread.yield();
                seen.set(Stream.current(Gpus.FIRST));
            }
        }).join();
        assertThat(seen.get()).isEqualTo(side);
    }

    @Test void another_stream_waits_for_an_event_only_if_told() {
        Stream a = Stream.pooled(Gpus.FIRST), b = Stream.pooled(Gpus.FIRST);
        Cuda.synchronize(Gpus.FIRST);
        try (var done = new Event(); var after = new Event()) {
            try (var on = a.enter()) {
                Gpus.sleep(LONG);
            }
            done.record(a);
            assertThat(done.query()).isFalse();
            assertThat(a.query()).isFalse();
            assertThat(b.query()).as("the other stream has nothing to do").isTrue();
            b.waitEvent(done);
            after.record(b);
            assertThat(after.query()).isFalse();
            after.synchronize();
            assertThat(done.query()).isTrue();
        }
    }

    @Test void work_that_waits_for_a_stream_sees_what_it_computed() {
        Stream side = Stream.pooled(Gpus.FIRST);
        try (var scope = Scope.open()) {
            Tensor x = Torch.zeros(Gpus.FIRST, 1 << 20);
            side.waitStream(main);
            try (var on = side.enter()) {
                Gpus.sleep(LONG);
                x.fill_(7);
            }
            main.waitStream(side);
            assertThat(x.sum().itemFloat()).isEqualTo(7 << 20);
        }
    }

    @Test void memory_that_another_stream_uses_is_left_alone_until_it_is_done() {
        Stream side = Stream.pooled(Gpus.FIRST);
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(Gpus.FIRST, 1 << 20), sum;
            side.waitStream(main);
            try (var on = side.enter()) {
                Gpus.sleep(LONG);
                sum = x.sum();
            }
            side.recordUse(x);
            x.close();
            Torch.zeros(Gpus.FIRST, 1 << 20); // would have the memory of x
            main.waitStream(side);
            assertThat(sum.itemFloat()).isEqualTo(1 << 20);
        }
    }

    @Test void events_measure_the_gpus_time_and_blocking_ones_wait_as_well() {
        try (var start = new Event(true, true); var end = new Event(true, true); var plain = new Event()) {
            start.record(main);
            Gpus.sleep(LONG);
            end.record(main);
            plain.record(main);
            assertThatThrownBy(() -> start.elapsedTime(end)).as("it has not happened yet").isInstanceOf(TorchException.class);
            end.synchronize();
            assertThat(start.elapsedTime(end)).isBetween(60.0, 2000.0);
            assertThatThrownBy(() -> start.elapsedTime(plain)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test void a_mark_may_be_set_again() {
        try (var mark = Event.timing(); var end = Event.timing()) {
            mark.record(main);
            Gpus.sleep(LONG);
            mark.record(main);
            end.record(main);
            end.synchronize();
            assertThat(mark.elapsedTime(end)).isLessThan(30);
        }
    }

    @Test void a_device_is_synchronised_with_all_its_streams() {
        Stream side = Stream.pooled(Gpus.FIRST);
        try (var on = side.enter()) {
            Gpus.sleep(LONG);
        }
        assertThat(side.query()).isFalse();
        Cuda.synchronize(Gpus.FIRST);
        assertThat(side.query()).isTrue();
    }

    @Test void a_device_that_is_not_there_is_named() {
        assertThat(Cuda.deviceCount()).isPositive();
        assertThatThrownBy(() -> Stream.current(panatorch.Device.cuda(99))).isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("there is no device cuda:99 here");
    }
}
