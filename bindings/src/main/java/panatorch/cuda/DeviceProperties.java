package panatorch.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.internal.library.NativeAccess;

/**
 * What NVIDIA's driver says of a GPU, as {@code torch.cuda.get_device_properties} does. The driver's own library is asked, which is there
 * wherever CUDA works, whatever libtorch is built for; it counts GPUs as libtorch does ({@code CUDA_VISIBLE_DEVICES} holds for both).
 *
 * @param name as {@code NVIDIA H200}
 * @param major of the compute capability
 * @param minor of the compute capability
 * @param totalMemory in bytes
 * @param multiProcessorCount streaming multiprocessors
 */
public record DeviceProperties(String name, int major, int minor, long totalMemory, int multiProcessorCount) {
    private static final int SUCCESS = 0, NAME_BYTES = 256;
    /** Of the driver's {@code CUdevice_attribute}. */
    private static final int MULTIPROCESSOR_COUNT = 16, CAPABILITY_MAJOR = 75, CAPABILITY_MINOR = 76;

    /** Null where there is no such GPU, no driver, or one that does not answer. @param device a CUDA device; the current one stands for the first */
    public static @Nullable DeviceProperties of(Device device) {
        if (device.type() != Device.Type.CUDA) throw new IllegalArgumentException("not a CUDA device: " + device);
        SymbolLookup driver = driver();
        return driver == null ? null : read(driver, Math.max(device.index(), 0));
    }

    @SuppressWarnings("restricted")
    private static @Nullable SymbolLookup driver() {
        NativeAccess.requireOwn(); // libtorch need not be loaded for this
        String file = System.mapLibraryName("").endsWith(".dll") ? "nvcuda.dll" : "libcuda.so.1";
        try {
            return SymbolLookup.libraryLookup(file, Arena.global());
        } catch (IllegalArgumentException e) {
            return null; // no such library
        }
    }

    static @Nullable DeviceProperties read(SymbolLookup driver, int index) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment device = arena.allocate(JAVA_INT), value = arena.allocate(JAVA_LONG), name = arena.allocate(NAME_BYTES);
            if (call(driver, "cuInit", 0) != SUCCESS || call(driver, "cuDeviceGet", device, index) != SUCCESS) return null;
            int handle = device.get(JAVA_INT, 0);
            if (call(driver, "cuDeviceGetName", name, NAME_BYTES - 1, handle) != SUCCESS || call(driver, "cuDeviceTotalMem_v2", value, handle) != SUCCESS) return null;
            long memory = value.get(JAVA_LONG, 0);
            int[] attributes = {CAPABILITY_MAJOR, CAPABILITY_MINOR, MULTIPROCESSOR_COUNT};
            for (int i = 0; i < attributes.length; i++) {
                if (call(driver, "cuDeviceGetAttribute", value, attributes[i], handle) != SUCCESS) return null;
                attributes[i] = value.get(JAVA_INT, 0);
            }
            return new DeviceProperties(name.getString(0), attributes[0], attributes[1], memory, attributes[2]);
        }
    }

    /** The status of a function of addresses and ints, once in a while; one that the driver lacks fails. */
    @SuppressWarnings("restricted")
    private static int call(SymbolLookup driver, String function, Object... arguments) {
        var types = new MemoryLayout[arguments.length];
        for (int i = 0; i < types.length; i++) types[i] = arguments[i] instanceof Integer ? JAVA_INT : ADDRESS;
        MemorySegment address = driver.find(function).orElse(null);
        if (address == null) return -1;
        try {
            return (int) Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(JAVA_INT, types)).invokeWithArguments(arguments);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** {@code torch.cuda.get_device_capability}, as one writes it: 9.0. */
    public String capability() { return major + "." + minor; }

    /** {@code NVIDIA H200, compute capability 9.0, 139.8 GiB, 132 multiprocessors} */
    @Override public String toString() {
        return String.format(Locale.ROOT, "%s, compute capability %s, %.1f GiB, %d multiprocessors", name, capability(), totalMemory / 0x1p30, multiProcessorCount);
    }
}
