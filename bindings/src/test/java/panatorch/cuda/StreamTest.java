package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import panatorch.Device;
import panatorch.JavaCpp;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

/** Streams, events and graphs as they are without a GPU; {@code native-tests} has what needs one. */
@NoTensorLeaks
class StreamTest {
    @Test void code_for_streams_runs_on_the_cpu_unchanged() {
        Stream side = Stream.pooled(Device.CPU, -1), main = Stream.current(Device.CPU);
        try (var scope = Scope.open(); var done = new Event()) {
            side.waitStream(main);
            Tensor y;
            try (var on = side.enter()) {
                y = Torch.ones(3).mul(2);
                done.record(side);
            }
            main.waitEvent(done);
            main.recordUse(y);
            assertThat(y.toFloatArray()).containsExactly(2, 2, 2);
            assertThat(done.query()).isTrue();
        }
        assertThat(main).isEqualTo(side).isEqualTo(Stream.byDefault(Device.CPU)).hasToString("stream 0 of cpu");
        assertThat(main.query()).isTrue();
        assertThat(main.isCapturing()).isFalse();
        main.synchronize();
        Cuda.synchronize(Device.CPU);
    }

    @Test void on_the_cpu_an_event_happens_when_it_is_recorded() throws InterruptedException {
        Stream cpu = Stream.current(Device.CPU);
        try (var start = Event.timing(); var end = Event.timing()) {
            start.record(cpu);
            Thread.sleep(20);
            end.record(cpu);
            end.synchronize();
            assertThat(start.elapsedTime(end)).isBetween(20.0, 2000.0);
            assertThat(end.elapsedTime(start)).isNegative();
        }
    }

    @Test void only_recorded_events_that_keep_time_know_it() {
        Stream cpu = Stream.current(Device.CPU);
        try (var plain = new Event(); var timed = Event.timing(); var other = Event.timing()) {
            plain.record(cpu);
            timed.record(cpu);
            assertThatThrownBy(() -> timed.elapsedTime(plain)).isInstanceOf(IllegalStateException.class)
                    .hasMessage("both events must be made with timing to measure the time between them");
            assertThatThrownBy(() -> timed.elapsedTime(other)).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("both events must be recorded");
            assertThat(other.query()).as("not recorded").isTrue();
            other.synchronize();
        }
    }

    @Test void a_closed_event_is_not_recorded_again() {
        var event = new Event();
        event.close();
        event.close();
        assertThatThrownBy(() -> event.record(Stream.current(Device.CPU))).isInstanceOf(IllegalStateException.class)
                .hasMessage("this event is closed");
    }

    @Test void without_cuda_it_is_said_what_is_missing() {
        assumeFalse(Cuda.isAvailable(), "skipped: there is a GPU");
        assertThat(Cuda.deviceCount()).isZero();
        for (Runnable needsCuda : List.<Runnable>of(() -> Stream.current(Device.CUDA), () -> Stream.pooled(Device.cuda(1)),
                () -> Cuda.synchronize(Device.CUDA), () -> Cuda.memory(Device.CUDA),
                () -> Cuda.resetPeakMemory(Device.CUDA), Cuda::emptyCache, () -> Cuda.setSyncDebugMode(Cuda.SyncDebugMode.ERROR),
                () -> Cuda.memoryInfo(Device.CUDA))) {
            assertThatThrownBy(needsCuda::run).isInstanceOf(IllegalStateException.class)
                    .hasMessageMatching("this libtorch was built without CUDA: add .*|libtorch has CUDA but finds no GPU: .*");
        }
    }

    @Test void the_cpu_has_no_graphs_and_no_memory_of_a_gpu() {
        assertThatThrownBy(() -> CudaGraph.capture(Stream.current(Device.CPU), List.of(), () -> {}))
                .isInstanceOf(IllegalArgumentException.class).hasMessage("a CUDA device is needed, not cpu");
        assertThatThrownBy(() -> Cuda.memory(Device.CPU)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Stream.pooled(Device.CPU, 1)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("the priority of a stream");
    }

    @Test void guards_of_streams_nest_with_others_and_belong_to_their_thread() throws InterruptedException {
        var thrown = new AtomicReference<Throwable>();
        try (var on = Stream.current(Device.CPU).enter()) {
            var inner = Stream.pooled(Device.CPU).enter();
            Thread other = Thread.ofVirtual().start(() -> {
                try {
                    on.close();
                } catch (WrongThreadException e) {
                    thrown.set(e);
                }
            });
            other.join();
            inner.close();
        }
        assertThat(thrown.get()).isInstanceOf(WrongThreadException.class);
    }

    @Test void a_call_of_javacpp_answers_or_says_what_cpp_said() {
        assertThat(JavaCpp.call(() -> org.bytedeco.pytorch.global.torch.isFloatingType(org.bytedeco.pytorch.global.torch.ScalarType.Float)))
                .isTrue();
        assertThatThrownBy(() -> JavaCpp.run(() -> new org.bytedeco.pytorch.Device("nonsense"))).isInstanceOf(TorchException.class)
                .hasMessageContaining("nonsense").hasMessageNotContaining("frame #");
        assertThatThrownBy(() -> JavaCpp.run(() -> { throw new IllegalStateException("Java's own"); }))
                .isInstanceOf(IllegalStateException.class).hasMessage("Java's own");
    }
}
