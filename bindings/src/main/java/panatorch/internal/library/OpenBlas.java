package panatorch.internal.library;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Sets the number of OpenBLAS's threads. With another BLAS, this class has no effect.
 *
 * <p>
 * With more than one thread OpenBLAS has two problems. Its LU decomposition puts megabytes on the stack, which Java's threads do not have.
 * In a parallel region of OpenMP it would split each thread's small product among all threads. {@code panatorch.internal.threads.Cores}
 * decides when it has all threads and when one.
 */
public final class OpenBlas {
    private OpenBlas() {}

    /** The shortest busy-wait that OpenBLAS allows, as the base-2 logarithm of a number of cycles; the range is 4 to 30. */
    private static final String SHORTEST_WAIT = "4";

    private static @Nullable MethodHandle setThreads;
    private static int threads = 1;

    /**
     * Shortens the time for which OpenBLAS's own threads busy-wait for work, by default 2^26 cycles, and keep other threads from working.
     * Call it before OpenBLAS is loaded, which reads the environment variable then. A value that the user has set stays.
     */
    static void letOwnThreadsSleep() {
        MethodHandle setenv = Symbol.SETENV.functionIfThere();
        if (setenv == null) return;
        try (var arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocateFrom("OPENBLAS_THREAD_TIMEOUT"), value = arena.allocateFrom(SHORTEST_WAIT);
            int status = Native.call(() -> (int) setenv.invokeExact(name, value, 0));
        }
    }

    /**
     * Makes the loaded OpenBLAS work on OpenMP's threads.
     *
     * @param threads number of threads
     */
    static synchronized void shareThreads(int threads) {
        setThreads = Symbol.BLAS_SET_THREADS.functionIfThere();
        if (setThreads == null) return;
        String own = System.getenv("OPENBLAS_NUM_THREADS");
        setThreads(own != null && own.matches("[1-9]\\d{0,2}") ? Integer.parseInt(own) : threads);
        MethodHandle callback = Symbol.BLAS_SET_CALLBACK.functionIfThere();
        if (callback == null || !Symbol.OMP_PARALLEL.isThere()) return;
        long jobs = BlasJobs.callback();
        Native.run(() -> { callback.invokeExact(jobs); });
    }

    /** Returns whether libtorch uses OpenBLAS, so that {@link #useOne} has an effect. */
    public static synchronized boolean isLoaded() {
        return setThreads != null;
    }

    /**
     * Returns the processor type whose kernels OpenBLAS uses, such as {@code SkylakeX}; null for another BLAS. It is that of this machine,
     * unless {@code OPENBLAS_CORETYPE} names an older one, with which products took twice as long.
     */
    public static @Nullable String kernels() {
        MethodHandle name = Symbol.BLAS_CORE_NAME.functionIfThere();
        return name == null ? null : Native.string(Native.call(() -> (MemorySegment) name.invokeExact()));
    }

    /** Sets the number of threads, for every thread of the process. */
    public static synchronized void setThreads(int number) {
        threads = number;
        useAll();
    }

    /** Returns whether OpenBLAS has one thread anyway, so that {@link #useAll} and {@link #useOne} are the same. */
    public static synchronized boolean hasOneThread() {
        return threads == 1;
    }

    /** Makes OpenBLAS use one thread, for all callers, until {@link #useAll}. */
    public static synchronized void useOne() { apply(1); }

    /** Makes OpenBLAS use as many threads as {@link #setThreads} set. */
    public static synchronized void useAll() { apply(threads); }

    private static void apply(int number) {
        MethodHandle set = setThreads;
        if (set != null) Native.run(() -> { set.invokeExact(number); });
    }
}
