package panatorch.internal.threads;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** The number of threads that OpenMP uses for the operators of a thread. libtorch's own function sets it, too, but empties oneDNN's caches. */
final class OpenMp {
    private OpenMp() {}

    private static final @Nullable MethodHandle SET = find("omp_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT), Linker.Option.critical(false)),
            PAUSE = find("omp_pause_resource_all", FunctionDescriptor.of(JAVA_INT, JAVA_INT));
    private static final int SOFT = 1;

    @SuppressWarnings("restricted")
    private static @Nullable MethodHandle find(String name, FunctionDescriptor type, Linker.Option... options) {
        MemorySegment function = SymbolLookup.loaderLookup().find(name).orElse(null);
        return function == null ? null : Linker.nativeLinker().downcallHandle(function, type, options);
    }

    static boolean isThere() { return SET != null; }

    /** Of this thread of the operating system. */
    static void setThreads(int number) {
        if (SET == null) return;
        try {
            SET.invokeExact(number);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Ends the threads that work for this one, which OpenMP would keep as long as this one lives. The next parallel part starts others. */
    static void endTeam() {
        if (PAUSE == null) return;
        try {
            int ignored = (int) PAUSE.invokeExact(SOFT);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
