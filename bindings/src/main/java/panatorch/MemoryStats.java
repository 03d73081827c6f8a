package panatorch;

import java.util.Locale;
import panatorch.internal.library.ProcessMemory;

/**
 * The number of this process's tensors and its memory use, from {@link Torch#memoryStats}. Sizes are in bytes, or −1 if the system does not
 * report them.
 *
 * @param liveTensors tensors that were made and neither closed nor collected; several may share one storage
 * @param collectedTensors tensors that nobody closed and the garbage collector freed late, since the start
 * @param nativeHeapBytes memory that C and C++ code has allocated and not freed, including tensors on the CPU (glibc only)
 * @param residentBytes the process's memory that is in RAM: native heap, Java's heap, code (Linux only)
 * @param peakResidentBytes the maximum of {@code residentBytes} so far (Linux only)
 */
public record MemoryStats(long liveTensors, long collectedTensors, long nativeHeapBytes, long residentBytes, long peakResidentBytes) {
    private static final String[] UNITS = {"bytes", "KiB", "MiB", "GiB", "TiB"};

    static MemoryStats now() {
        return new MemoryStats(LiveTensors.count(), LiveTensors.collected(), ProcessMemory.nativeHeap(), ProcessMemory.resident(),
                ProcessMemory.peakResident());
    }

    /**
     * Returns a line such as
     * {@code 12 live tensors, 0 freed late by the garbage collector; native heap 1.2 GiB, resident 2.0 GiB, at most 2.5 GiB}
     */
    @Override public String toString() {
        return String.format(Locale.ROOT,
                "%,d live tensors, %,d freed late by the garbage collector; native heap %s, resident %s, at most %s",
                liveTensors, collectedTensors, size(nativeHeapBytes), size(residentBytes), size(peakResidentBytes));
    }

    private static String size(long bytes) {
        if (bytes < 0) return "unknown";
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
        return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, UNITS[unit]);
    }
}
