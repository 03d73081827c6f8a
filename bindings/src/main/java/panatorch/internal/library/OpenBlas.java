package panatorch.internal.library;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * How many threads OpenBLAS uses. A libtorch with another BLAS has none of this.
 *
 * <p>With more than one it cannot do everything: its LU decomposition lays megabytes on the stack, which Java's threads do not have, and in a parallel region
 * of OpenMP it would share each thread's small product among all. {@code panatorch.internal.threads.Cores} says when it has all of them and when one.
 */
public final class OpenBlas {
    private OpenBlas() {}

    /** As a power of two, in cycles of the processor; OpenBLAS takes 4 to 30. */
    private static final String SHORTEST_WAIT = "4";

    private static @Nullable MethodHandle setThreads;
    private static int threads = 1;

    /**
     * OpenBLAS's own threads wait for work in a loop, by default for 2^26 cycles, while others would work. To be called before
     * OpenBLAS is loaded, which reads the variable then; what the user has set stays.
     */
    @SuppressWarnings({"restricted", "unused"})
    static void letOwnThreadsSleep() {
        MemorySegment setenv = Linker.nativeLinker().defaultLookup().find("setenv").orElse(null);
        if (setenv == null) return;
        try (var arena = Arena.ofConfined()) {
            int status = (int) Linker.nativeLinker().downcallHandle(setenv, FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_INT))
                    .invokeExact(arena.allocateFrom("OPENBLAS_THREAD_TIMEOUT"), arena.allocateFrom(SHORTEST_WAIT), 0);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Has OpenBLAS, once it is loaded, work on OpenMP's threads. @param threads how many */
    @SuppressWarnings("restricted")
    static synchronized void shareThreads(int threads) {
        SymbolLookup libraries = SymbolLookup.loaderLookup();
        MemorySegment set = libraries.find("openblas_set_num_threads").orElse(null);
        if (set == null) return;
        setThreads = Linker.nativeLinker().downcallHandle(set, FunctionDescriptor.ofVoid(JAVA_INT));
        String own = System.getenv("OPENBLAS_NUM_THREADS");
        setThreads(own != null && own.matches("[1-9]\\d{0,2}") ? Integer.parseInt(own) : threads);
        MemorySegment callback = libraries.find("openblas_set_threads_callback_function").orElse(null);
        if (callback == null || libraries.find("GOMP_parallel").isEmpty()) return;
        try {
            Linker.nativeLinker().downcallHandle(callback, FunctionDescriptor.ofVoid(JAVA_LONG)).invokeExact(BlasJobs.callback());
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Whether {@link #useOne} does anything. */
    public static synchronized boolean isLoaded() { return setThreads != null; }

    /**
     * The processor whose kernels OpenBLAS multiplies with, as {@code SkylakeX}; null of another BLAS. It is this machine's, unless {@code OPENBLAS_CORETYPE} names an older one,
     * with which products took twice as long.
     */
    @SuppressWarnings("restricted")
    public static @Nullable String kernels() {
        MemorySegment name = SymbolLookup.loaderLookup().find("openblas_get_corename").orElse(null);
        if (name == null) return null;
        try {
            var text = (MemorySegment) Linker.nativeLinker().downcallHandle(name, FunctionDescriptor.of(ADDRESS)).invokeExact();
            return text.reinterpret(Long.MAX_VALUE).getString(0);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** For every thread of the process. */
    public static synchronized void setThreads(int number) {
        threads = number;
        useAll();
    }

    /** Whether {@link #useAll} is no other than {@link #useOne}. */
    public static synchronized boolean hasOneThread() { return threads == 1; }

    /** OpenBLAS uses one thread, whoever calls it, until {@link #useAll}. */
    public static synchronized void useOne() { apply(1); }

    /** OpenBLAS uses as many threads as {@link #setThreads} said. */
    public static synchronized void useAll() { apply(threads); }

    private static void apply(int number) {
        if (setThreads == null) return;
        try {
            setThreads.invokeExact(number);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
