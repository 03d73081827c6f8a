package panatorch.cuda;

import java.lang.foreign.MemorySegment;
import java.util.Locale;
import panatorch.internal.libtorch.CudaAllocator;

/**
 * The statistics of libtorch's memory allocator of a GPU: {@code torch.cuda.memory_stats}. Tensors occupy blocks of segments. The allocator
 * reserves segments from the driver, and keeps them when the tensors are freed.
 *
 * @param allocatedBytes bytes in blocks that tensors occupy; {@code current} is {@code torch.cuda.memory_allocated}
 * @param reservedBytes bytes in segments; {@code current} is {@code torch.cuda.memory_reserved}
 * @param activeBytes bytes in blocks that tensors occupy or another stream may still use
 * @param requestedBytes bytes that tensors requested, before rounding up to blocks
 * @param allocations number of blocks that tensors occupy
 * @param segments number of segments reserved from the driver
 * @param retries number of times that the cache was emptied because the driver had no more memory
 * @param outOfMemory number of times that there was not enough memory even then
 */
public record MemoryStatistics(Counter allocatedBytes, Counter reservedBytes, Counter activeBytes, Counter requestedBytes,
        Counter allocations, Counter segments, long retries, long outOfMemory) {
    /**
     * A statistic that goes up and down.
     *
     * @param peak the maximum since {@link Cuda#resetPeakMemory}, or the start
     * @param allocated the sum of all increases
     * @param freed the sum of all decreases
     */
    public record Counter(long current, long peak, long allocated, long freed) {
        static Counter of(MemorySegment stats, String field) {
            return new Counter(CudaAllocator.value(stats, field, "current"), CudaAllocator.value(stats, field, "peak"),
                    CudaAllocator.value(stats, field, "allocated"), CudaAllocator.value(stats, field, "freed"));
        }
    }

    static MemoryStatistics of(MemorySegment stats) {
        return new MemoryStatistics(Counter.of(stats, "allocated_bytes"), Counter.of(stats, "reserved_bytes"),
                Counter.of(stats, "active_bytes"), Counter.of(stats, "requested_bytes"),
                Counter.of(stats, "allocation"), Counter.of(stats, "segment"), CudaAllocator.value(stats, "num_alloc_retries"),
                CudaAllocator.value(stats, "num_ooms"));
    }

    /** Returns a line such as {@code 1.2 MiB in 14 blocks, at most 3.0 MiB; 20.0 MiB reserved, at most 20.0 MiB}. */
    @Override public String toString() {
        return String.format(Locale.ROOT, "%.1f MiB in %,d blocks, at most %.1f MiB; %.1f MiB reserved, at most %.1f MiB",
                allocatedBytes.current / 0x1p20, allocations.current, allocatedBytes.peak / 0x1p20,
                reservedBytes.current / 0x1p20, reservedBytes.peak / 0x1p20);
    }
}
