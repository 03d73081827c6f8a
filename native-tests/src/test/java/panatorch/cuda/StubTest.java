package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.Aten;
import panatorch.BackendFlag;
import panatorch.DType;
import panatorch.Generator;
import panatorch.OutOfMemoryException;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.amp.GradScaler;
import panatorch.amp.Precision;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.optim.AdamW;
import panatorch.optim.ClipGrad;
import panatorch.train.GraphedStep;

/**
 * libtorch's CUDA build, called without a GPU: its own streams, allocator, generators and graphs on the stub of CUDA's runtime in
 * {@code src/test/cuda}, where kernels compute nothing. So it is seen whether its functions are called as they want to be, not what they
 * compute.
 */
@EnabledIf(value = "panatorch.cuda.Gpus#isStub",
        disabledReason = "this is for the stub that src/test/cuda/build.py makes: PANATORCH_LIBTORCH and LD_LIBRARY_PATH name its folder")
@NoTensorLeaks
class StubTest {
    private static final long MIB = 1 << 20;

    private final Stream main = Stream.byDefault(Gpus.FIRST), side = Stream.pooled(Gpus.FIRST);

    @BeforeAll static void cudnn_computes_nothing_either() { BackendFlag.CUDNN.set(false); }

    @AfterAll static void as_before() { BackendFlag.CUDNN.set(true); }

    @BeforeEach void nothing_is_cached() { Cuda.emptyCache(); }

    @Test void streams_and_events_are_libtorchs() {
        assertThat(Stream.current(Gpus.FIRST)).isEqualTo(main);
        try (var on = side.enter(); var start = new Event(true, true); var end = Event.timing(); var plain = new Event()) {
            assertThat(Stream.current(Gpus.FIRST)).isEqualTo(side);
            start.record(side);
            end.record(side);
            plain.record(main);
            side.waitEvent(plain);
            main.waitStream(side);
            assertThat(start.elapsedTime(end)).isBetween(0.0, 1000.0);
            assertThat(end.query()).isTrue();
        }
        assertThat(Stream.current(Gpus.FIRST)).isEqualTo(main);
    }

    @Test void memory_is_counted_by_libtorchs_allocator() {
        try (var scope = Scope.open()) {
            Cuda.resetPeakMemory(Gpus.FIRST);
            MemoryStatistics before = Cuda.memory(Gpus.FIRST);
            Torch.empty(DType.UINT8, Gpus.FIRST, 64 * MIB);
            MemoryStatistics with = Cuda.memory(Gpus.FIRST);
            assertThat(with.allocatedBytes().current() - before.allocatedBytes().current()).isEqualTo(64 * MIB);
            assertThat(with.allocations().current() - before.allocations().current()).isEqualTo(1);
            assertThat(with.segments().current() - before.segments().current()).isEqualTo(1);
            assertThat(Cuda.memoryInfo(Gpus.FIRST)).isEqualTo(new Cuda.MemoryInfo(2048 * MIB - with.reservedBytes().current(), 2048 * MIB));
            assertThatThrownBy(() -> Torch.empty(DType.UINT8, Gpus.FIRST, 3000 * MIB)).isInstanceOf(OutOfMemoryException.class);
            assertThat(Cuda.memory(Gpus.FIRST).outOfMemory()).isGreaterThan(before.outOfMemory());
        }
        assertThat(Cuda.memory(Gpus.FIRST).allocatedBytes().peak()).isGreaterThanOrEqualTo(64 * MIB);
        Cuda.resetPeakMemory(Gpus.FIRST);
        assertThat(Cuda.memory(Gpus.FIRST).allocatedBytes().peak()).isLessThan(64 * MIB);
    }

    @Test void memory_that_another_stream_uses_is_not_used_again_before_its_event_happened() {
        try (var scope = Scope.open()) {
            long before = Cuda.memory(Gpus.FIRST).activeBytes().current();
            Tensor x = Torch.empty(DType.UINT8, Gpus.FIRST, MIB);
            side.recordUse(x);
            x.close();
            assertThat(Cuda.memory(Gpus.FIRST).activeBytes().current()).isEqualTo(before + MIB);
            Torch.empty(DType.UINT8, Gpus.FIRST, MIB).close(); // the allocator looks for events that have happened
            assertThat(Cuda.memory(Gpus.FIRST).activeBytes().current()).isEqualTo(before);
            assertThatThrownBy(() -> side.recordUse(Torch.ones(2))).isInstanceOf(TorchException.class);
        }
    }

    /** The 64-bit words of a generator's state: seed, and how far it is. */
    private static long[] state(Generator generator) {
        try (var scope = Scope.open()) {
            return generator.state().view(new long[] {2, 8}).contiguous().data().toArray(java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED);
        }
    }

    @Test void replays_go_on_in_a_generators_numbers_as_eager_calls_do() {
        try (var scope = Scope.open(); var global = Generator.global(Gpus.FIRST); var own = Generator.of(Gpus.FIRST, 5)) {
            Tensor x = Torch.empty(Gpus.FIRST, 1000);
            Runnable draw = () -> {
                Aten.dropout(x, 0.5, true);
                x.emptyLike().bernoulli_(0.5, own);
            };
            global.manualSeed(3);
            draw.run();
            draw.run();
            long[] globally = state(global), owned = state(own);
            global.manualSeed(3);
            own.manualSeed(5);
            try (var graph = CudaGraph.capture(side, List.of(own), draw)) {
                assertThat(state(global)).as("a capture draws nothing").containsExactly(3, 0);
                graph.replay();
                graph.replay();
            }
            assertThat(state(global)).isEqualTo(globally).isNotEqualTo(new long[] {3, 0});
            assertThat(state(own)).isEqualTo(owned);
        }
    }

    @Test void a_closed_graph_gives_all_its_memory_back() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.empty(Gpus.FIRST, MIB);
            MemoryStatistics before = Cuda.memory(Gpus.FIRST);
            for (int i = 0; i < 3; i++) {
                var graph = CudaGraph.capture(side, List.of(), () -> x.mul(2).add(1));
                assertThat(Cuda.memory(Gpus.FIRST).reservedBytes().current()).isGreaterThan(before.reservedBytes().current());
                graph.replay();
                graph.close();
                Cuda.emptyCache();
                assertThat(Cuda.memory(Gpus.FIRST).allocatedBytes().current()).isEqualTo(before.allocatedBytes().current());
                assertThat(Cuda.memory(Gpus.FIRST).reservedBytes().current()).isEqualTo(before.reservedBytes().current());
            }
        }
    }

    @Test void what_libtorch_throws_before_while_and_after_it_records_is_a_java_exception() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.empty(Gpus.FIRST, 8);
            assertThatThrownBy(() -> CudaGraph.capture(side, List.of(), () -> x.sum().itemFloat())).isInstanceOf(TorchException.class)
                    .hasMessageContaining("error 900 of the stub");
            assertThat(side.isCapturing()).isFalse();
            assertThatThrownBy(() -> CudaGraph.capture(side, List.of(), () -> {
                try {
                    x.sum().itemFloat();
                } catch (TorchException ignored) {
                    // then the end finds it
                }
            })).isInstanceOf(TorchException.class).hasMessageContaining("error 901 of the stub");
            Cuda.setSyncDebugMode(Cuda.SyncDebugMode.ERROR);
            try {
                assertThatThrownBy(() -> CudaGraph.capture(side, List.of(), () -> {})).as("libtorch waits when it begins")
                        .isInstanceOf(TorchException.class).hasMessageContaining("synchronizing");
            } finally {
                Cuda.setSyncDebugMode(Cuda.SyncDebugMode.DEFAULT);
            }
            assertThat(side.isCapturing()).isFalse();
            CudaGraph.capture(side, List.of(), () -> x.mul(3)).close();
        }
    }

    private enum Kind { FP32, BF16, FP16 }

    @ParameterizedTest
    @EnumSource void a_step_is_recorded_and_neither_eager_nor_replayed_waits_and_all_is_given_back(Kind kind) {
        long before = Cuda.memory(Gpus.FIRST).reservedBytes().current();
        Precision precision =
                kind == Kind.FP32 ? Precision.FP32 : new Precision(kind == Kind.BF16 ? DType.BFLOAT16 : DType.FLOAT16, "asked for");
        try (var model =
                new Sequential(new Flatten(), new Linear(192, 32), new BatchNorm1d(32), new ReLU(), new Dropout(0.5), new Linear(32, 4));
                var scaler = new GradScaler(GradScaler.options().enabled(kind == Kind.FP16))) {
            model.to(Gpus.FIRST);
            try (var optimizer = new AdamW(model.parameters(), AdamW.options(0.1).fused(true)); var scope = Scope.open();
                    var step = new GraphedStep(model, optimizer, Gpus.CLASSIFICATION, GraphedStep.options().precision(precision)
                            .scaler(scaler).beforeStep(() -> ClipGrad.norm_(model.parameters(), 1)))) {
                Tensor x = Gpus.images(8).to(Gpus.FIRST), y = Gpus.labels(8).to(Gpus.FIRST);
                try {
                    for (int i = 0; i < 7; i++) {
                        Cuda.setSyncDebugMode(i == 3 ? Cuda.SyncDebugMode.DEFAULT : Cuda.SyncDebugMode.ERROR); // the fourth is recorded
                        step.run(x, y);
                        assertThat(step.isRecorded()).isEqualTo(i >= 3);
                        if (i == 4) optimizer.setLearningRate(0.05);
                    }
                } finally {
                    Cuda.setSyncDebugMode(Cuda.SyncDebugMode.DEFAULT);
                }
            }
        }
        Cuda.emptyCache();
        assertThat(Cuda.memory(Gpus.FIRST).reservedBytes().current()).isEqualTo(before);
    }
}
