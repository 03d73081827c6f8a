package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

@Gpu
@NoTensorLeaks
class GraphOnGpuTest {
    private final Stream side = Stream.pooled(Gpus.FIRST);

    /** As libraries start: once on the stream that is captured. */
    private void warmUp(Runnable work) {
        side.waitStream(Stream.current(Gpus.FIRST));
        try (var scope = Scope.open(); var on = side.enter()) {
            work.run();
        }
        Stream.current(Gpus.FIRST).waitStream(side);
    }

    @Test void a_replay_computes_what_was_recorded_of_what_its_input_holds_now() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(Gpus.FIRST, 64, 64), y[] = new Tensor[1];
            warmUp(() -> x.mm(x).sum());
            try (var graph = CudaGraph.capture(side, List.of(), () -> y[0] = x.mm(x).sum().escape())) {
                for (int i = 1; i <= 3; i++) {
                    x.fill_(i);
                    graph.replay();
                    assertThat(y[0].itemDouble()).isEqualTo(64.0 * 64 * 64 * i * i);
                }
                y[0].close();
            }
        }
    }

    @Test void nothing_is_computed_while_it_is_recorded() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.zeros(Gpus.FIRST, 8);
            try (var graph = CudaGraph.capture(side, List.of(), () -> {
                assertThat(side.isCapturing()).isTrue();
                x.add_(1);
            })) {
                assertThat(side.isCapturing()).isFalse();
                assertThat(x.sum().itemFloat()).isZero();
                graph.replay();
                graph.replay();
                assertThat(x.sum().itemFloat()).isEqualTo(16);
            }
        }
    }

    private static float[] mask(Tensor x, Generator generator) {
        try (var scope = Scope.open()) {
            return (generator == null ? Aten.dropout(x, 0.5, true) : x.emptyLike().bernoulli_(0.5, generator)).toFloatArray();
        }
    }

    /** Masks of two eager calls and of two replays from the same state. */
    private void sameMasks(boolean own) {
        try (var scope = Scope.open(); var generator = own ? Generator.of(Gpus.FIRST, 5) : Generator.global(Gpus.FIRST)) {
            Tensor x = Torch.ones(Gpus.FIRST, 1000), dropped[] = new Tensor[1];
            Runnable draw = () -> dropped[0] = own ? x.emptyLike().bernoulli_(0.5, generator) : Aten.dropout(x, 0.5, true);
            warmUp(draw);
            generator.manualSeed(5);
            List<float[]> eager = List.of(mask(x, own ? generator : null), mask(x, own ? generator : null));
            generator.manualSeed(5);
            try (var graph = CudaGraph.capture(side, own ? List.of(generator) : List.of(), () -> {
                draw.run();
                dropped[0].escape();
            })) {
                List<float[]> replayed = new ArrayList<>();
                for (int i = 0; i < 2; i++) {
                    graph.replay();
                    replayed.add(dropped[0].toFloatArray());
                }
                dropped[0].close();
                assertThat(replayed.get(0)).isEqualTo(eager.get(0)).isNotEqualTo(replayed.get(1));
                assertThat(replayed.get(1)).isEqualTo(eager.get(1));
            }
            assertThat(mask(x, own ? generator : null)).as("the generator goes on behind the replays").isNotIn(eager);
        }
    }

    @Test void masks_of_replays_are_those_of_eager_calls_from_the_same_state() { sameMasks(false); }

    @Test void so_are_those_of_a_generator_of_ones_own() { sameMasks(true); }

    @Test void work_that_waits_for_the_gpu_cannot_be_recorded_and_all_goes_on() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(Gpus.FIRST, 8);
            assertThatThrownBy(() -> CudaGraph.capture(side, List.of(), () -> x.sum().itemFloat())).isInstanceOf(TorchException.class);
            assertThat(side.isCapturing()).isFalse();
            assertThat(x.sum().itemFloat()).isEqualTo(8);
            try (var graph = CudaGraph.capture(side, List.of(), () -> x.mul_(2))) {
                graph.replay();
                assertThat(x.sum().itemFloat()).isEqualTo(16);
            }
        }
    }

    @Test void what_the_work_throws_is_thrown_as_it_is() {
        var own = new IllegalStateException("no");
        assertThatThrownBy(() -> CudaGraph.capture(side, List.of(), () -> { throw own; })).isSameAs(own);
        assertThat(side.isCapturing()).isFalse();
    }

    @Test void the_default_stream_and_a_second_capture_are_refused() {
        assertThatThrownBy(() -> CudaGraph.capture(Stream.byDefault(Gpus.FIRST), List.of(), () -> {}))
                .isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith("the default stream cannot be captured");
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(Gpus.FIRST, 8);
            assertThatThrownBy(() -> CudaGraph.capture(side, List.of(), () -> {
                x.add_(1);
                CudaGraph.capture(side, List.of(), () -> {});
            })).isInstanceOf(IllegalStateException.class).hasMessageEndingWith("is being captured already");
        }
    }

    @Test void a_closed_graph_gives_its_memory_back_and_is_not_replayed() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(Gpus.FIRST, 1 << 20);
            warmUp(() -> x.mul(2).add(1));
            Cuda.synchronize(Gpus.FIRST);
            Cuda.emptyCache();
            MemoryStatistics before = Cuda.memory(Gpus.FIRST);
            Tensor[] y = new Tensor[1];
            var graph = CudaGraph.capture(side, List.of(), () -> y[0] = x.mul(2).add(1).escape());
            assertThat(Cuda.memory(Gpus.FIRST).reservedBytes().current()).isGreaterThan(before.reservedBytes().current());
            graph.replay();
            Cuda.synchronize(Gpus.FIRST);
            y[0].close();
            graph.close();
            graph.close();
            Cuda.emptyCache();
            MemoryStatistics after = Cuda.memory(Gpus.FIRST);
            assertThat(after.allocatedBytes().current()).isEqualTo(before.allocatedBytes().current());
            assertThat(after.reservedBytes().current()).isEqualTo(before.reservedBytes().current());
            assertThatThrownBy(graph::replay).isInstanceOf(IllegalStateException.class).hasMessage("this graph is closed");
        }
    }

    @Test void a_generator_of_the_cpu_is_refused() {
        try (var generator = Generator.of(1)) {
            assertThatThrownBy(() -> CudaGraph.capture(side, List.of(generator), () -> {})).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a graph on cuda:0 cannot use a generator on cpu");
        }
    }

    @Test void a_virtual_thread_captures_nothing() throws InterruptedException {
        var thrown = new Throwable[1];
        Thread.ofVirtual().start(() -> {
            try {
                CudaGraph.capture(side, List.of(), () -> {});
            } catch (IllegalStateException e) {
                thrown[0] = e;
            }
        }).join();
        assertThat(thrown[0]).hasMessage("a graph must be captured by a platform thread, not a virtual one");
    }
}
