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

    private static final @Nullable MethodHandle SET = find();

    @SuppressWarnings("restricted")
    private static @Nullable MethodHandle find() {
        MemorySegment function = SymbolLookup.loaderLookup().find("omp_set_num_threads").orElse(null);
        return function == null ? null : Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.ofVoid(JAVA_INT), Linker.Option.critical(false));
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
}
