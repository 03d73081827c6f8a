package panatorch.internal.libtorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import org.junit.jupiter.api.Test;
import panatorch.internal.library.NativeLibrary;

/** What libtorch's headers tell of its CUDA build, checked without a GPU. {@code SymbolsTest} checks its names. */
class CudaNamesTest {
    @Test void the_table_of_a_device_allocator_has_its_only_own_function_where_the_header_puts_it() {
        // Of DeviceAllocator's functions only getMemoryInfo is not abstract: it is the last, and those before it are all the same one,
        // which says so.
        NativeLibrary.load();
        var table = SymbolLookup.loaderLookup().find("_ZTVN3c1015DeviceAllocatorE");
        assumeTrue(table.isPresent(), "skipped: this libtorch was not built by GCC");
        long functions = table.get().address() + 16, none = function(functions, CudaAllocator.INITIALIZED);
        for (int i = CudaAllocator.INITIALIZED; i < CudaAllocator.FUNCTIONS - 1; i++)
            assertThat(function(functions, i)).as("function %d", i).isEqualTo(none);
        assertThat(function(functions, CudaAllocator.FUNCTIONS - 1)).isNotEqualTo(none);
        assertThat(none).isEqualTo(SymbolLookup.loaderLookup().find("__cxa_pure_virtual").orElseThrow().address());
    }

    private static long function(long functions, int place) { return Memory.getLong(functions + 8L * place); }

    @Test void statistics_lie_where_a_compiler_puts_them() {
        // g++ -std=c++20 with sizeof and offsetof of DeviceStats in PyTorch 2.13's c10/core/CachingDeviceAllocator.h
        assertThat(CudaAllocator.STATS.byteSize()).isEqualTo(1016);
        assertThat(offset("segment")).isEqualTo(96);
        assertThat(offset("allocated_bytes")).isEqualTo(384);
        assertThat(offset("reserved_bytes")).isEqualTo(480);
        assertThat(offset("reserved_bytes_by_private_pools")).isEqualTo(576);
        assertThat(offset("active_bytes")).isEqualTo(608);
        assertThat(offset("requested_bytes")).isEqualTo(800);
        assertThat(offset("num_alloc_retries")).isEqualTo(896);
        assertThat(offset("num_ooms")).isEqualTo(904);
        assertThat(offset("max_split_size")).isEqualTo(1008);
    }

    private static long offset(String field) { return CudaAllocator.STATS.byteOffset(PathElement.groupElement(field)); }

    @Test void a_statistic_is_of_all_memory_not_of_small_or_large_blocks() {
        try (var arena = Arena.ofConfined()) {
            MemorySegment stats = arena.allocate(CudaAllocator.STATS);
            for (int i = 0; i < stats.byteSize() / 8; i++) stats.setAtIndex(java.lang.foreign.ValueLayout.JAVA_LONG, i, i);
            assertThat(CudaAllocator.value(stats, "allocated_bytes", "current")).isEqualTo(48);
            assertThat(CudaAllocator.value(stats, "reserved_bytes", "freed")).isEqualTo(63);
            assertThat(CudaAllocator.value(stats, "num_ooms")).isEqualTo(113);
        }
    }
}
