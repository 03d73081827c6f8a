package panatorch.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import panatorch.Device;
import panatorch.internal.libtorch.CudaDriver;

/** The driver's answers, of the real one where there is a GPU and of one in Java, which tells how it was called. */
@SuppressWarnings("restricted")
class DevicePropertiesTest {
    private static final List<String> CALLS = new ArrayList<>();

    // The driver in Java: device 1 is known to it under the handle 7.

    private static int init(int flags) {
        CALLS.add("init " + flags);
        return 0;
    }

    private static int get(MemorySegment device, int index) {
        device.reinterpret(4).set(JAVA_INT, 0, 6 + index);
        return index < 2 ? 0 : 101;
    }

    private static int name(MemorySegment text, int room, int device) {
        text.reinterpret(room).setString(0, "NVIDIA Test " + device);
        return 0;
    }

    private static int memory(MemorySegment bytes, int device) {
        bytes.reinterpret(8).set(JAVA_LONG, 0, 80L << 30);
        return device == 7 ? 0 : 1;
    }

    private static int attribute(MemorySegment value, int attribute, int device) {
        CALLS.add("attribute " + attribute);
        value.reinterpret(4).set(JAVA_INT, 0, Map.of(75, 8, 76, 6, 16, 108).get(attribute));
        return device == 7 ? 0 : 1;
    }

    private static CudaDriver driver(Arena arena) throws ReflectiveOperationException {
        var functions = new HashMap<String, MemorySegment>();
        functions.put("cuInit", stub(arena, "init", JAVA_INT));
        functions.put("cuDeviceGet", stub(arena, "get", ADDRESS, JAVA_INT));
        functions.put("cuDeviceGetName", stub(arena, "name", ADDRESS, JAVA_INT, JAVA_INT));
        functions.put("cuDeviceTotalMem_v2", stub(arena, "memory", ADDRESS, JAVA_INT));
        functions.put("cuDeviceGetAttribute", stub(arena, "attribute", ADDRESS, JAVA_INT, JAVA_INT));
        return new CudaDriver(name -> Optional.ofNullable(functions.get(name)));
    }

    private static MemorySegment stub(Arena arena, String method, MemoryLayout... types) throws ReflectiveOperationException {
        var descriptor = FunctionDescriptor.of(JAVA_INT, types);
        MethodType type = descriptor.toMethodType();
        return Linker.nativeLinker().upcallStub(MethodHandles.lookup().findStatic(DevicePropertiesTest.class, method, type), descriptor,
                arena);
    }

    @Test void the_driver_is_asked_for_the_device_of_that_number() throws Exception {
        CALLS.clear();
        try (var arena = Arena.ofConfined()) {
            var gpu = DeviceProperties.read(driver(arena), 1);
            assertThat(gpu).isEqualTo(new DeviceProperties("NVIDIA Test 7", 8, 6, 80L << 30, 108));
            assertThat(gpu).hasToString("NVIDIA Test 7, compute capability 8.6, 80.0 GiB, 108 multiprocessors");
            assertThat(CALLS).containsExactly("init 0", "attribute 75", "attribute 76", "attribute 16");
        }
    }

    @Test void what_the_driver_does_not_tell_is_null() throws Exception {
        try (var arena = Arena.ofConfined()) {
            assertThat(DeviceProperties.read(driver(arena), 2)).as("no such device").isNull();
            assertThat(DeviceProperties.read(driver(arena), 0)).as("an error").isNull();
            assertThat(DeviceProperties.read(new CudaDriver(name -> Optional.empty()), 0)).as("a driver without the functions").isNull();
        }
        assertThatThrownBy(() -> DeviceProperties.of(Device.CPU)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("not a CUDA device: cpu");
    }

    @Test void a_gpu_has_a_name_and_memory() {
        assumeTrue(Cuda.isAvailable(), "skipped: there is no GPU");
        var gpu = DeviceProperties.of(Device.cuda(0));
        assertThat(gpu.name()).isNotEmpty();
        assertThat(gpu.major()).isPositive();
        assertThat(gpu.totalMemory()).isGreaterThan(1L << 30);
    }

    @Test void without_a_driver_there_is_nothing_to_tell() {
        assumeFalse(Cuda.isAvailable(), "skipped: there is a GPU");
        assertThat(DeviceProperties.of(Device.cuda(9))).isNull();
    }
}
