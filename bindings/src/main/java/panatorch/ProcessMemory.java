package panatorch;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The process's memory in bytes as the system tells it, −1 where it does not. */
final class ProcessMemory {
    private ProcessMemory() {}

    private static final Path STATUS = Path.of("/proc/self/status");

    /** glibc's {@code struct mallinfo2}: ten numbers of type {@code size_t}. */
    private static final MemoryLayout MALLINFO = MemoryLayout.sequenceLayout(10, ValueLayout.JAVA_LONG);
    private static final int MAPPED = 4, IN_USE = 7;
    private static final @Nullable MethodHandle MALLINFO2 = find();

    @SuppressWarnings("restricted")
    private static @Nullable MethodHandle find() {
        var type = FunctionDescriptor.of(MemoryLayout.structLayout(MALLINFO));
        return Linker.nativeLinker().defaultLookup().find("mallinfo2").map(f -> Linker.nativeLinker().downcallHandle(f, type)).orElse(null);
    }

    static long nativeHeap() {
        if (MALLINFO2 == null) return -1;
        try (var arena = Arena.ofConfined()) {
            var info = (MemorySegment) MALLINFO2.invokeExact((SegmentAllocator) arena);
            return info.getAtIndex(ValueLayout.JAVA_LONG, MAPPED) + info.getAtIndex(ValueLayout.JAVA_LONG, IN_USE);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    static long resident() { return status("VmRSS:"); }

    static long peakResident() { return status("VmHWM:"); }

    private static long status(String name) {
        try (var lines = Files.lines(STATUS)) {
            return lines.filter(l -> l.startsWith(name)).mapToLong(l -> 1024 * Long.parseLong(l.replaceAll("\\D", ""))).findFirst().orElse(-1);
        } catch (IOException e) {
            return -1;
        }
    }
}
