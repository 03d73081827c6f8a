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
 * libtorch's allocator of GPU memory, a {@code c10::DeviceAllocator}, accessed only through its virtual functions. Their indices in the
 * table and the layout of {@code DeviceStats} are those of {@code c10/core/CachingDeviceAllocator.h} of this libtorch's version.
 */
public final class CudaAllocator {
    /**
     * Indices in {@code DeviceAllocator}'s table of virtual functions, after two destructors and {@code Allocator}'s four functions.
     */
    public static final int INITIALIZED = 6, EMPTY_CACHE = 7, GET_DEVICE_STATS = 9, RESET_PEAK_STATS = 11, FUNCTIONS = 13;

    /** The layout of a {@code Stat}. Each statistic has three of them: for all memory, for small blocks and for large ones. */
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
    /** The offset of the entries of the map of private pools, which are always on the heap. */
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

    /** Returns the allocator. libtorch must have CUDA, and it must be initialised. */
    public static CudaAllocator found() {
        return Found.ALLOCATOR;
    }

    /** Returns memory that no tensor uses to the driver. */
    public void emptyCache() { emptyCache.call(allocator, 0, 0); } // of the pool {0, 0}: all memory that belongs to no graph

    public void resetPeakStats(int device) { resetPeakStats.call(allocator, device); }

    /** Returns {@link #STATS} of a device. */
    public MemorySegment stats(int device, Arena arena) {
        MemorySegment stats = arena.allocate(STATS);
        getDeviceStats.call(stats.address(), allocator, device);
        Deletion.delete(stats.get(JAVA_LONG, POOL_ENTRIES)); // this part of the object is on the heap, and nobody calls its destructor
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
