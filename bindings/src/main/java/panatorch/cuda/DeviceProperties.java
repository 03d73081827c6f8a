package panatorch.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.internal.libtorch.CudaDriver;

/**
 * The properties of a GPU as NVIDIA's driver reports them: {@code torch.cuda.get_device_properties}. They come from the driver's own
 * library, which is there wherever CUDA works, also if libtorch was built without CUDA. It numbers GPUs as libtorch does
 * ({@code CUDA_VISIBLE_DEVICES} applies to both).
 *
 * @param name name of the model, such as {@code NVIDIA H200}
 * @param major major number of the compute capability
 * @param minor minor number of the compute capability
 * @param totalMemory size of the memory in bytes
 * @param multiProcessorCount number of streaming multiprocessors
 */
public record DeviceProperties(String name, int major, int minor, long totalMemory, int multiProcessorCount) {
    private static final int SUCCESS = 0, NAME_BYTES = 256;
    /** Constants of the driver's {@code CUdevice_attribute}. */
    private static final int MULTIPROCESSOR_COUNT = 16, CAPABILITY_MAJOR = 75, CAPABILITY_MINOR = 76;

    /**
     * Returns the properties of a GPU, or null if there is no such GPU, no driver, or the driver fails.
     *
     * @param device a CUDA device; the current one stands for the first
     */
    public static @Nullable DeviceProperties of(Device device) {
        if (device.type() != Device.Type.CUDA) throw new IllegalArgumentException("not a CUDA device: " + device);
        CudaDriver driver = CudaDriver.find();
        return driver == null ? null : read(driver, Math.max(device.index(), 0));
    }

    static @Nullable DeviceProperties read(CudaDriver driver, int index) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment device = arena.allocate(JAVA_INT), value = arena.allocate(JAVA_LONG), name = arena.allocate(NAME_BYTES);
            if (driver.init() != SUCCESS || driver.device(device, index) != SUCCESS) return null;
            int handle = device.get(JAVA_INT, 0);
            if (driver.name(name, NAME_BYTES - 1, handle) != SUCCESS || driver.totalMemory(value, handle) != SUCCESS) return null;
            long memory = value.get(JAVA_LONG, 0);
            int[] attributes = {CAPABILITY_MAJOR, CAPABILITY_MINOR, MULTIPROCESSOR_COUNT};
            for (int i = 0; i < attributes.length; i++) {
                if (driver.attribute(value, attributes[i], handle) != SUCCESS) return null;
                attributes[i] = value.get(JAVA_INT, 0);
            }
            return new DeviceProperties(name.getString(0), attributes[0], attributes[1], memory, attributes[2]);
        }
    }

    /** Returns the compute capability as text, such as 9.0: {@code torch.cuda.get_device_capability}. */
    public String capability() {
        return major + "." + minor;
    }

    /** Returns a line such as {@code NVIDIA H200, compute capability 9.0, 139.8 GiB, 132 multiprocessors}. */
    @Override public String toString() {
        return String.format(Locale.ROOT, "%s, compute capability %s, %.1f GiB, %d multiprocessors", name, capability(),
                totalMemory / 0x1p30, multiProcessorCount);
    }
}
