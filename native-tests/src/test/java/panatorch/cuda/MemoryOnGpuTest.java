package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.OutOfMemoryException;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.optim.SGD;

@Gpu
@NoTensorLeaks
class MemoryOnGpuTest {
    private static final long MIB = 1 << 20;

    @Test void statistics_follow_what_is_made_and_freed() {
        Cuda.emptyCache();
        Cuda.resetPeakMemory(Gpus.FIRST);
        MemoryStatistics start = Cuda.memory(Gpus.FIRST);
        try (var scope = Scope.open()) {
            Torch.zeros(DType.UINT8, Gpus.FIRST, 64 * MIB);
            MemoryStatistics with = Cuda.memory(Gpus.FIRST);
            assertThat(with.allocatedBytes().current() - start.allocatedBytes().current()).isEqualTo(64 * MIB);
            assertThat(with.requestedBytes().current() - start.requestedBytes().current()).isEqualTo(64 * MIB);
            assertThat(with.allocations().current() - start.allocations().current()).isEqualTo(1);
            assertThat(with.reservedBytes().current()).isGreaterThanOrEqualTo(with.allocatedBytes().current());
        }
        MemoryStatistics end = Cuda.memory(Gpus.FIRST);
        assertThat(end.allocatedBytes().current()).isEqualTo(start.allocatedBytes().current());
        assertThat(end.allocatedBytes().peak()).isEqualTo(start.allocatedBytes().current() + 64 * MIB);
        assertThat(end.allocatedBytes().freed() - start.allocatedBytes().freed()).isEqualTo(64 * MIB);
        assertThat(end.reservedBytes().current()).as("kept for the next tensor").isGreaterThan(start.reservedBytes().current());
        Cuda.emptyCache();
        assertThat(Cuda.memory(Gpus.FIRST).reservedBytes().current()).isEqualTo(start.reservedBytes().current());
        Cuda.resetPeakMemory(Gpus.FIRST);
        assertThat(Cuda.memory(Gpus.FIRST).allocatedBytes().peak()).isEqualTo(start.allocatedBytes().current());
    }

    @Test void looking_at_the_statistics_leaks_nothing() {
        for (int i = 0; i < 20_000; i++) Cuda.memory(Gpus.FIRST);
        long before = Torch.memoryStats().nativeHeapBytes();
        for (int i = 0; i < 100_000; i++) Cuda.memory(Gpus.FIRST);
        assertThat(Torch.memoryStats().nativeHeapBytes() - before).as("bytes of the native heap; the map in each would be 48 MB")
                .isLessThan(10_000_000);
    }

    @Test void the_driver_knows_how_much_there_is() {
        Cuda.MemoryInfo info = Cuda.memoryInfo(Gpus.FIRST);
        assertThat(info.total()).isEqualTo(DeviceProperties.of(Gpus.FIRST).totalMemory());
        assertThat(info.free()).isBetween(0L, info.total());
    }

    @Test void training_goes_on_after_the_memory_was_exceeded() {
        try (var model = Gpus.net(0.3); var optimizer = new SGD(model.parameters(), SGD.options(0.01).momentum(0.9))) {
            float first = step(model, optimizer);
            Cuda.synchronize(Gpus.FIRST);
            long before = Cuda.memory(Gpus.FIRST).allocatedBytes().current(), failures = Cuda.memory(Gpus.FIRST).outOfMemory();
            long tooMuch = Cuda.memoryInfo(Gpus.FIRST).total();
            try (var scope = Scope.open()) {
                Tensor half = Torch.empty(DType.UINT8, Gpus.FIRST, Cuda.memoryInfo(Gpus.FIRST).free() / 2);
                assertThatThrownBy(() -> Torch.empty(DType.UINT8, Gpus.FIRST, tooMuch)).isInstanceOf(OutOfMemoryException.class)
                        .hasMessageContaining("out of memory");
                assertThat(half.isClosed()).isFalse();
            }
            assertThat(Cuda.memory(Gpus.FIRST).outOfMemory()).isGreaterThan(failures);
            assertThat(Cuda.memory(Gpus.FIRST).allocatedBytes().current()).isEqualTo(before);
            Cuda.emptyCache();
            float last = first;
            for (int i = 0; i < 10; i++) last = step(model, optimizer);
            assertThat(last).isLessThan(first);
        }
    }

    private static float step(panatorch.nn.Module model, SGD optimizer) {
        try (var scope = Scope.open()) {
            optimizer.zeroGrad();
            Tensor loss = Gpus.CLASSIFICATION.apply(model, Gpus.images(16).to(Gpus.FIRST), Gpus.labels(16).to(Gpus.FIRST)).loss();
            loss.backward();
            optimizer.step();
            return loss.itemFloat();
        }
    }
}
