package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * libtorch's allocator of GPU memory, a {@code c10::DeviceAllocator}, which is known by its virtual functions alone. Their places in the
 * table and the form of {@code DeviceStats} are those of {@code c10/core/CachingDeviceAllocator.h} of this libtorch's version.
 */
public final class CudaAllocator {
    /**
     * Places in {@code DeviceAllocator}'s table of virtual functions, two destructors and {@code Allocator}'s four functions before them.
     */
    public static final int INITIALIZED = 6, EMPTY_CACHE = 7, GET_DEVICE_STATS = 9, RESET_PEAK_STATS = 11, FUNCTIONS = 13;

    /** {@code Stat[3]}, of all memory, of small blocks and of large ones: now, at most, and ever added and taken away. */
    private static final StructLayout STAT = MemoryLayout.structLayout(JAVA_LONG.withName("current"), JAVA_LONG.withName("peak"),
            JAVA_LONG.withName("allocated"), JAVA_LONG.withName("freed"));
    public static final StructLayout STATS = MemoryLayout.structLayout(stats("allocation"), stats("segment"), stats("active"),
            stats("inactive_split"), stats("allocated_bytes"),
            stats("reserved_bytes"), MemoryLayout.sequenceLayout(4, JAVA_LONG).withName("reserved_bytes_by_private_pools"),
            stats("active_bytes"), stats("inactive_split_bytes"), stats("requested_bytes"),
            JAVA_LONG.withName("num_alloc_retries"), JAVA_LONG.withName("num_ooms"), STAT.withName("oversize_allocations"),
            STAT.withName("oversize_segments"),
            JAVA_LONG.withName("num_sync_all_streams"), JAVA_LONG.withName("num_device_alloc"), JAVA_LONG.withName("num_device_free"),
            JAVA_LONG.withName("num_oom_rejections"), JAVA_LONG.withName("max_split_size"));
    /** The elements of the map of private pools: it always has some. */
    private static final long POOL_ENTRIES = STATS.byteOffset(PathElement.groupElement("reserved_bytes_by_private_pools"));

    private static MemoryLayout stats(String name) { return MemoryLayout.sequenceLayout(3, STAT).withName(name); }

    private final long allocator;
    private final CatchingCall emptyCache, getDeviceStats, resetPeakStats;

    private CudaAllocator(long allocator) {
        this.allocator = allocator;
        long functions = Memory.getLong(allocator);
        emptyCache = new CatchingCall(Memory.getLong(functions + 8 * EMPTY_CACHE));
        getDeviceStats = new CatchingCall(Memory.getLong(functions + 8 * GET_DEVICE_STATS));
        resetPeakStats = new CatchingCall(Memory.getLong(functions + 8 * RESET_PEAK_STATS));
    }

    private static final class Found {
        static final CudaAllocator ALLOCATOR = new CudaAllocator(torch.GetAllocator(torch.DeviceType.CUDA).address());
    }

    /** Returns the allocator of a libtorch with CUDA that was initialised. */
    public static CudaAllocator found() {
        return Found.ALLOCATOR;
    }

    /** Gives memory that no tensor has back to the driver. */
    public void emptyCache() { emptyCache.call(allocator, 0, 0); } // of the pool {0, 0}, which is all that is no graph's

    public void resetPeakStats(int device) { resetPeakStats.call(allocator, device); }

    /** {@link #STATS} of a device. */
    public MemorySegment stats(int device, Arena arena) {
        MemorySegment stats = arena.allocate(STATS);
        getDeviceStats.call(stats.address(), allocator, device);
        Deletion.delete(stats.get(JAVA_LONG, POOL_ENTRIES)); // what of the object is on the heap: nobody calls its destructor
        return stats;
    }

    private static final class Deletion {
        private static final MethodHandle DELETE = CApi.function(Symbol.DELETE);

        static void delete(long address) { Native.run(() -> { DELETE.invokeExact(address); }); }
    }

    public static long value(MemorySegment stats, String field) {
        return stats.get(JAVA_LONG, STATS.byteOffset(PathElement.groupElement(field)));
    }

    /** @param part current, peak, allocated or freed */
    public static long value(MemorySegment stats, String field, String part) {
        return stats.get(JAVA_LONG,
                STATS.byteOffset(PathElement.groupElement(field), PathElement.sequenceElement(0), PathElement.groupElement(part)));
    }
}
