package panatorch.cuda;

import java.lang.foreign.MemorySegment;
import java.util.Locale;
import panatorch.internal.libtorch.CudaAllocator;

/**
 * The statistics of libtorch's allocator of a GPU's memory: {@code torch.cuda.memory_stats}. Tensors are made in blocks of segments that
 * the allocator reserved from the driver, and keeps when the tensors are freed.
 *
 * @param allocatedBytes in blocks that tensors have; {@code current} is {@code torch.cuda.memory_allocated}
 * @param reservedBytes in segments; {@code current} is {@code torch.cuda.memory_reserved}
 * @param activeBytes in blocks that tensors have, or that another stream may still use
 * @param requestedBytes what tensors asked for, before it was rounded up to blocks
 * @param allocations blocks that tensors have
 * @param segments of the driver
 * @param retries how often the cache was emptied because the driver had no more
 * @param outOfMemory how often that was of no use
 */
public record MemoryStatistics(Counter allocatedBytes, Counter reservedBytes, Counter activeBytes, Counter requestedBytes,
        Counter allocations, Counter segments, long retries, long outOfMemory) {
    /**
     * A number that goes up and down.
     *
     * @param peak the most it was since {@link Cuda#resetPeakMemory}, or the start
     * @param allocated all that was ever added
     * @param freed all that was ever taken away
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

    /** {@code 1.2 MiB in 14 blocks, at most 3.0 MiB; 20.0 MiB reserved, at most 20.0 MiB} */
    @Override public String toString() {
        return String.format(Locale.ROOT, "%.1f MiB in %,d blocks, at most %.1f MiB; %.1f MiB reserved, at most %.1f MiB",
                allocatedBytes.current / 0x1p20, allocations.current, allocatedBytes.peak / 0x1p20,
                reservedBytes.current / 0x1p20, reservedBytes.peak / 0x1p20);
    }
}
