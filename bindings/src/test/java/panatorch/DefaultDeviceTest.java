package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

/** As {@code torch.set_default_device("meta")} and {@code with torch.device("meta")} of PyTorch 2.13. */
@NoTensorLeaks
class DefaultDeviceTest {
    /** The factories without a device, but randperm, which libtorch lacks on the meta device. */
    private static final List<Supplier<Tensor>> FACTORIES = List.of(() -> Torch.empty(2), () -> Torch.empty(DType.INT32, 2),
            () -> Torch.ones(2), () -> Torch.ones(DType.INT32, 2), () -> Torch.zeros(2), () -> Torch.zeros(DType.INT32, 2),
            () -> Torch.arange(3), () -> Torch.arange(1, 3), () -> Torch.arange(1, 7, 2), () -> Torch.arange(3, DType.FLOAT64),
            () -> Torch.arange(1, 7, 2, DType.FLOAT64), () -> Torch.eye(2), () -> Torch.eye(2, 3), () -> Torch.eye(2, 3, DType.INT64),
            () -> Torch.full(new long[] {2}, 1), () -> Torch.full(new long[] {2}, 1, DType.INT32), () -> Torch.full(new long[] {2}, true),
            () -> Torch.linspace(0, 1, 3), () -> Torch.linspace(0, 1, 3, DType.FLOAT64), () -> Torch.logspace(0, 1, 3),
            () -> Torch.logspace(0, 1, 3, 2), () -> Torch.logspace(0, 1, 3, 2, DType.FLOAT64), () -> Torch.rand(2),
            () -> Torch.rand(DType.FLOAT64, 2), () -> Torch.randn(2), () -> Torch.randn(DType.FLOAT64, 2),
            () -> Torch.randint(3, new long[] {2}), () -> Torch.randint(0, 3, 2), () -> Torch.randint(0, 3, new long[] {2}, DType.INT32),
            () -> Torch.scalar(2), () -> Torch.tensor(2.5), () -> Torch.tensor(new float[][] {{1, 2}}),
            () -> Torch.tensor(new float[][] {{1, 2}}, DType.FLOAT64), () -> Torch.tensor(new float[] {1, 2}, 2),
            () -> Torch.tensor(new double[] {1, 2}, 2), () -> Torch.tensor(new long[] {1, 2}, 2), () -> Torch.tensor(new int[] {1, 2}, 2),
            () -> Torch.tensor(new byte[] {1, 2}, 2));

    @AfterEach void the_cpu_is_the_default_again() {
        Torch.setDefaultDevice(null);
    }

    @Test void factories_without_a_device_use_it_and_have_the_same_types_and_shapes_as_without_it() {
        try (var scope = Scope.open()) {
            var usual = FACTORIES.stream().map(f -> f.get().describe()).toList();
            Torch.setDefaultDevice(Device.META);
            assertThat(Torch.defaultDevice()).isEqualTo(Device.META);
            assertThat(FACTORIES.stream().map(f -> f.get().describe()).toList())
                    .isEqualTo(usual.stream().map(d -> d.replace("on cpu", "on meta")).toList());
            Torch.setDefaultDevice(null);
            assertThat(Torch.defaultDevice()).isEqualTo(Device.CPU);
            assertThat(FACTORIES.stream().map(f -> f.get().describe()).toList()).isEqualTo(usual);
        }
    }

    /** As in Python, where {@code torch.from_numpy} and {@code torch.ops.aten.zeros} stay on the CPU. */
    @Test void a_device_that_is_given_and_memory_of_java_and_operators_are_not_affected() {
        try (var scope = Scope.open(); var on = Device.META.asDefault()) {
            assertThat(Torch.zeros(Device.CPU, 2).device()).isEqualTo(Device.CPU);
            assertThat(Torch.zeros(DType.INT64, Device.CPU, 2).device()).isEqualTo(Device.CPU);
            assertThat(Aten.zeros(new long[] {2}).device()).isEqualTo(Device.CPU);
            assertThat(Torch.copyOf(MemorySegment.ofArray(new float[2]), DType.FLOAT32, 2).device()).isEqualTo(Device.CPU);
            assertThat(Torch.rand(Generator.global(), DType.FLOAT32, 2).device()).isEqualTo(Device.CPU);
            assertThat(Torch.zeros(Device.CPU, 2).zerosLike().device()).isEqualTo(Device.CPU);
            assertThat(Torch.zeros(Device.CPU, 2).add(1).sum().itemLong()).isEqualTo(2);
        }
    }

    /** In Python, a thread that is started while it is set has the CPU. */
    @Test void it_belongs_to_a_thread() throws Exception {
        Torch.setDefaultDevice(Device.META);
        try (var platform = Executors.newSingleThreadExecutor(); var virtual = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var executor : List.of(platform, virtual)) {
                executor.submit(() -> {
                    try (Tensor t = Torch.zeros(2)) {
                        assertThat(t.device()).isEqualTo(Device.CPU);
                    }
                }).get();
            }
            virtual.submit(() -> {
                try (var on = Device.META.asDefault()) {
                    Thread.sleep(1); // may continue on another thread of the system
                    try (Tensor t = Torch.zeros(2)) {
                        assertThat(t.device()).isEqualTo(Device.META);
                    }
                }
                return null;
            }).get();
        }
    }

    @Test void a_guard_restores_what_was_set_before() {
        try (var scope = Scope.open()) {
            try (var meta = Device.META.asDefault()) {
                try (var cpu = Device.CPU.asDefault()) {
                    assertThat(Torch.zeros(2).device()).isEqualTo(Device.CPU);
                }
                assertThat(Torch.zeros(2).device()).isEqualTo(Device.META);
                meta.close();
                meta.close();
            }
            assertThat(Torch.zeros(2).device()).isEqualTo(Device.CPU);
        }
    }

    @Test void another_thread_cannot_close_a_guard() throws Exception {
        try (var meta = Device.META.asDefault(); var executor = Executors.newSingleThreadExecutor()) {
            executor.submit(() -> assertThatThrownBy(meta::close).isInstanceOf(WrongThreadException.class)).get();
            assertThat(Torch.defaultDevice()).isEqualTo(Device.META);
        }
    }
}
