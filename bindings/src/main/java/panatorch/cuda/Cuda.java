package panatorch.cuda;

import java.lang.foreign.Arena;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.DeviceGuard;
import panatorch.JavaCpp;
import panatorch.internal.libtorch.CudaAllocator;
import panatorch.internal.libtorch.CudaRuntime;
import panatorch.internal.libtorch.NativeStreams;

/**
 * The GPUs of this process, as {@code torch.cuda}. The switches of cuDNN and TF32 are {@link panatorch.BackendFlag}s. Without a GPU, a
 * method that needs one throws an {@link IllegalStateException} that says what is missing. For the CPU, {@link #synchronize} does nothing.
 */
public final class Cuda {
    private Cuda() {}

    private static volatile @Nullable NativeStreams streams;

    /** Returns whether libtorch has CUDA and finds a GPU. */
    public static boolean isAvailable() { return JavaCpp.call(torch::hasCUDA); }

    /** Returns the number of GPUs; 0 if CUDA is not available. */
    public static int deviceCount() {
        return isAvailable() ? streams().deviceCount() : 0;
    }

    /**
     * Returns the number of this thread's current GPU, which {@code cuda} without a number means; {@link DeviceGuard} changes it.
     *
     * @throws IllegalStateException without a GPU
     */
    public static int currentDevice() { return numbered(Device.CUDA).index(); }

    /**
     * Returns libtorch's streams, after it has looked for GPUs and created its allocator. A failed attempt is repeated at the next call.
     */
    static NativeStreams streams() {
        NativeStreams found = streams;
        if (found == null) streams = found = JavaCpp.call(() -> {
            torch.globalContext().lazyInitDevice(torch.DeviceType.CUDA);
            return NativeStreams.of(Device.Type.CUDA.code());
        });
        return found;
    }

    /**
     * Returns {@code device} with a number: {@code cuda} gets that of the current device, {@code cuda:1} stays the same.
     *
     * @throws IllegalStateException if there is no device of that number
     */
    static Device numbered(Device device) {
        if (device.type() != Device.Type.CUDA) throw new IllegalArgumentException("a CUDA device is needed, not " + device);
        require();
        int index = device.index() < 0 ? JavaCpp.call(() -> streams().currentDevice()) : device.index();
        if (index >= deviceCount())
            throw new IllegalStateException("there is no device " + device + ": libtorch found " + deviceCount() + " GPUs");
        return Device.cuda(index);
    }

    private static void require() {
        if (isAvailable()) return;
        boolean built = JavaCpp.call(() -> torch.hasDeviceGuardImpl((byte) Device.Type.CUDA.code()));
        throw new IllegalStateException(built
                ? "libtorch has CUDA but finds no GPU: the driver is missing or too old, or CUDA_VISIBLE_DEVICES hides it"
                : "this libtorch was built without CUDA: add org.bytedeco:pytorch with the classifier linux-x86_64-gpu to the class path, "
                        + "or name a PyTorch with CUDA with -Dpanatorch.libtorch=DIR");
    }

    /** Waits until all work on all streams of the device is done. */
    public static void synchronize(Device device) {
        if (device.type() == Device.Type.CPU) return;
        int index = numbered(device).index();
        JavaCpp.run(() -> streams().synchronizeDevice(index));
    }

    /** The reaction of libtorch to an operator that makes its caller wait for the GPU. */
    public enum SyncDebugMode { DEFAULT, WARN, ERROR }

    /**
     * Sets for all threads how libtorch reacts to an operator that makes its caller wait for the GPU:
     * {@code torch.cuda.set_sync_debug_mode}. With {@code ERROR}, {@code item()} and similar calls throw a
     * {@link panatorch.TorchException}. As in Python, libtorch does not find all such waits, and {@link #synchronize} is exempt.
     *
     * @throws IllegalStateException without CUDA, or if libtorch was not built by GCC
     */
    public static void setSyncDebugMode(SyncDebugMode mode) {
        require();
        if (!CudaRuntime.setSyncDebugMode(mode.ordinal()))
            throw new IllegalStateException("this libtorch lacks the sync debug mode; PanaTorch supports it on Linux only");
    }

    /** Returns the allocator's statistics of a GPU: {@code torch.cuda.memory_stats}. */
    public static MemoryStatistics memory(Device device) {
        int index = numbered(device).index();
        try (var arena = Arena.ofConfined()) {
            return JavaCpp.call(() -> MemoryStatistics.of(CudaAllocator.found().stats(index, arena)));
        }
    }

    /** Resets the peaks to the current numbers: {@code torch.cuda.reset_peak_memory_stats}. */
    public static void resetPeakMemory(Device device) {
        int index = numbered(device).index();
        JavaCpp.run(() -> CudaAllocator.found().resetPeakStats(index));
    }

    /** Returns unused cached memory of all devices to the driver: {@code torch.cuda.empty_cache}. */
    public static void emptyCache() {
        require();
        streams();
        JavaCpp.run(() -> CudaAllocator.found().emptyCache());
    }

    /**
     * The memory of a device in bytes.
     *
     * @param free free memory, which all processes share
     */
    public record MemoryInfo(long free, long total) {}

    /** Returns the free and total memory of a device as the driver reports it: {@code torch.cuda.mem_get_info}. */
    public static MemoryInfo memoryInfo(Device device) {
        try (var guard = DeviceGuard.enter(numbered(device))) {
            long[] bytes = JavaCpp.call(CudaRuntime::memoryInfo);
            return new MemoryInfo(bytes[0], bytes[1]);
        }
    }
}
