package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.concurrent.Executors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.cuda.Cuda;
import panatorch.junit.NoTensorLeaks;

/** What is set once for libtorch or for a thread: it holds, and is as it was afterwards. */
@NoTensorLeaks
class StateTest {
    @Test void an_operator_without_a_deterministic_algorithm_fails_when_one_is_asked_for() {
        try (var scope = Scope.open()) {
            Torch.useDeterministicAlgorithms(true);
            assertThat(Torch.deterministicAlgorithms()).isTrue();
            assertThatThrownBy(() -> Torch.ones(2, 2).put_(Torch.tensor(new long[] {0}), Torch.ones(1))).isInstanceOf(TorchException.class)
                    .hasMessageContaining("deterministic");
            assertThat(Torch.empty(3).isnan().all().itemBoolean()).as("uninitialised memory is filled").isTrue();
            Torch.useDeterministicAlgorithms(true, true);
            assertThat(Torch.deterministicAlgorithmsWarnOnly()).isTrue();
            assertThat(Torch.zeros(2).put_(Torch.tensor(new long[] {0}), Torch.ones(1)).sum().itemFloat()).isEqualTo(1);
        } finally {
            Torch.useDeterministicAlgorithms(false);
        }
        assertThat(Torch.deterministicAlgorithms()).isFalse();
        assertThat(Torch.deterministicAlgorithmsWarnOnly()).isFalse();
    }

    @Test void matrix_products_are_exact_until_told_otherwise() {
        assertThat(Torch.float32MatmulPrecision()).isEqualTo(MatmulPrecision.HIGHEST);
        try {
            for (var p : MatmulPrecision.values()) {
                Torch.setFloat32MatmulPrecision(p);
                assertThat(Torch.float32MatmulPrecision()).isEqualTo(p);
                assertThat(BackendFlag.CUBLAS_TF32.isOn()).isEqualTo(p != MatmulPrecision.HIGHEST);
            }
        } finally {
            Torch.setFloat32MatmulPrecision(MatmulPrecision.HIGHEST);
        }
    }

    @ParameterizedTest
    @EnumSource void a_flag_is_what_it_was_set_to(BackendFlag flag) {
        boolean before = flag.isOn();
        try {
            flag.set(!before);
            assertThat(flag.isOn()).isEqualTo(!before);
        } finally {
            flag.set(before);
        }
        assertThat(flag.isOn()).isEqualTo(before);
    }

    @Test void flags_begin_as_in_python() {
        assertThat(BackendFlag.CUDNN.isOn()).isTrue();
        assertThat(BackendFlag.CUDNN_BENCHMARK.isOn()).isFalse();
        assertThat(BackendFlag.CUDNN_DETERMINISTIC.isOn()).isFalse();
        assertThat(BackendFlag.CUDNN_TF32.isOn()).isTrue();
        assertThat(BackendFlag.CUBLAS_TF32.isOn()).isFalse();
        assertThat(BackendFlag.MKLDNN.isOn()).isTrue();
    }

    @Test void a_generator_of_the_cpu_is_made_by_its_device() {
        try (var scope = Scope.open(); var a = Generator.of(Device.CPU, 7); var b = Generator.of(7)) {
            assertThat(a.device()).isEqualTo(Device.CPU);
            assertThat(Torch.rand(a, DType.FLOAT32, 5).toFloatArray()).containsExactly(Torch.rand(b, DType.FLOAT32, 5).toFloatArray());
        }
    }

    @Test void a_generator_of_a_device_that_is_not_there_says_so() {
        if (Cuda.isAvailable()) return;
        assertThatThrownBy(() -> Generator.of(Device.cuda(0), 7)).isInstanceOf(TorchException.class).hasMessageContaining("CUDA");
    }

    @Test void without_a_gpu_there_is_no_current_one() {
        if (Cuda.isAvailable()) assertThat(Cuda.currentDevice()).isBetween(0, Cuda.deviceCount() - 1);
        else assertThatThrownBy(Cuda::currentDevice).isInstanceOf(IllegalStateException.class).hasMessageContaining("CUDA");
    }

    @Test void a_device_guard_knows_which_devices_there_are() {
        try (var cpu = DeviceGuard.enter(Device.CPU); var scope = Scope.open()) {
            assertThat(Torch.ones(2).sum().itemFloat()).isEqualTo(2);
        }
        assertThatThrownBy(() -> DeviceGuard.enter(Device.CUDA)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("name a device with its index");
        assertThatThrownBy(() -> DeviceGuard.enter(Device.cuda(99))).isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("there is no device cuda:99: libtorch found 0");
        assertThat(ThreadContext.current().innermost).isNull();
    }

    @Test void ranges_are_seen_by_the_flight_recorder_inner_ones_first(@TempDir Path folder) throws Exception {
        try (var recording = new Recording()) {
            recording.start();
            Torch.ones(1).close(); // the first use after the start
            try (var forward = RecordFunction.enter("forward"); var scope = Scope.open()) {
                try (var attention = RecordFunction.enter("attention")) {
                    Torch.ones(2, 2).mm(Torch.ones(2, 2));
                }
            }
            recording.stop();
            recording.dump(folder.resolve("ranges.jfr"));
        }
        assertThat(RecordingFile.readAllEvents(folder.resolve("ranges.jfr")).stream()
                .filter(e -> e.getEventType().getName().equals("panatorch.Range")).map((RecordedEvent e) -> e.getString("name")))
                .containsExactlyInAnyOrder("attention", "forward");
    }

    @Test void a_range_ends_once_and_on_its_own_thread() throws Exception {
        var range = RecordFunction.enter("part");
        try (var threads = Executors.newSingleThreadExecutor()) {
            assertThat(threads.submit(() -> org.assertj.core.api.Assertions.catchThrowable(range::close)).get())
                    .isInstanceOf(WrongThreadException.class);
        }
        range.close();
        range.close();
        assertThatThrownBy(() -> RecordFunction.enter(null)).isInstanceOf(NullPointerException.class);
    }

    @Test void the_pool_for_whole_operators_takes_its_size_once() {
        assertThatThrownBy(() -> Torch.setNumInteropThreads(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the number of threads must be from 1 to 1024, not 0");
        try {
            Torch.setNumInteropThreads(2);
            assertThat(Torch.numInteropThreads()).isEqualTo(2);
        } catch (IllegalStateException e) {
            // another test was first
        }
        int before = Torch.numInteropThreads();
        assertThatThrownBy(() -> Torch.setNumInteropThreads(before + 1)).isInstanceOf(IllegalStateException.class)
                .hasMessage("the number of inter-operator threads is fixed; set it once, before the first operator runs on one of them");
        assertThat(Torch.numInteropThreads()).isEqualTo(before);
    }

    @SuppressWarnings("restricted")
    @Test void openblas_does_not_keep_openmp_waiting() throws Throwable {
        Torch.numThreads(); // loads the libraries
        var linker = java.lang.foreign.Linker.nativeLinker();
        var pointer = java.lang.foreign.ValueLayout.ADDRESS
                .withTargetLayout(java.lang.foreign.MemoryLayout.sequenceLayout(3, java.lang.foreign.ValueLayout.JAVA_BYTE));
        var getenv = linker.downcallHandle(linker.defaultLookup().find("getenv").orElseThrow(),
                java.lang.foreign.FunctionDescriptor.of(pointer, pointer));
        try (var arena = java.lang.foreign.Arena.ofConfined()) {
            var value = (java.lang.foreign.MemorySegment) getenv.invokeExact(arena.allocateFrom("OPENBLAS_THREAD_TIMEOUT"));
            String set = System.getenv("OPENBLAS_THREAD_TIMEOUT");
            assertThat(value.getString(0)).isEqualTo(set == null ? "4" : set);
        }
    }
}
