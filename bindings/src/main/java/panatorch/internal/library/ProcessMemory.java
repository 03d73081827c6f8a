package panatorch.internal.library;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/** The process's memory in bytes as the system reports it, −1 if it does not. */
public final class ProcessMemory {
    private ProcessMemory() {}

    private static final Path STATUS = Path.of("/proc/self/status");

    /** The indices of two of the ten numbers in glibc's {@code struct mallinfo2}. */
    private static final int MAPPED = 4, IN_USE = 7;
    private static final @Nullable MethodHandle MALLINFO2 = Symbol.MALLINFO.functionIfThere();

    public static long nativeHeap() {
        if (MALLINFO2 == null) return -1;
        try (var arena = Arena.ofConfined()) {
            MemorySegment info = Native.call(() -> (MemorySegment) MALLINFO2.invokeExact((SegmentAllocator) arena));
            return info.getAtIndex(ValueLayout.JAVA_LONG, MAPPED) + info.getAtIndex(ValueLayout.JAVA_LONG, IN_USE);
        }
    }

    public static long resident() { return status("VmRSS:"); }

    public static long peakResident() { return status("VmHWM:"); }

    private static long status(String name) {
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(l -> l.startsWith(name)).mapToLong(l -> 1024 * Long.parseLong(l.replaceAll("\\D", ""))).findFirst()
                    .orElse(-1);
        } catch (IOException e) {
            return -1;
        }
    }
}
