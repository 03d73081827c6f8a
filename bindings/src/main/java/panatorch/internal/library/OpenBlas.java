package panatorch.internal.library;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Sets the number of OpenBLAS's threads. A libtorch with another BLAS has none of this.
 *
 * <p>
 * With more than one it cannot do everything: its LU decomposition lays megabytes on the stack, which Java's threads do not have, and in a
 * parallel region of OpenMP it would share each thread's small product among all. {@code panatorch.internal.threads.Cores} says when it has
 * all of them and when one.
 */
public final class OpenBlas {
    private OpenBlas() {}

    /** The shortest wait that OpenBLAS takes, the logarithm of the processor's cycles to base two; 4 to 30 are allowed. */
    private static final String SHORTEST_WAIT = "4";

    private static @Nullable MethodHandle setThreads;
    private static int threads = 1;

    /**
     * OpenBLAS's own threads wait for work in a loop, by default for 2^26 cycles, while others would work. To be called before OpenBLAS is
     * loaded, which reads the variable then; what the user has set stays.
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
     * Has OpenBLAS, once it is loaded, work on OpenMP's threads.
     *
     * @param threads how many
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

    /** Returns whether {@link #useOne} does anything. */
    public static synchronized boolean isLoaded() { return setThreads != null; }

    /**
     * The processor whose kernels OpenBLAS multiplies with, as {@code SkylakeX}; null of another BLAS. It is this machine's, unless
     * {@code OPENBLAS_CORETYPE} names an older one, with which products took twice as long.
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

    /** Returns whether {@link #useAll} is no other than {@link #useOne}. */
    public static synchronized boolean hasOneThread() {
        return threads == 1;
    }

    /** OpenBLAS uses one thread, whoever calls it, until {@link #useAll}. */
    public static synchronized void useOne() { apply(1); }

    /** OpenBLAS uses as many threads as {@link #setThreads} said. */
    public static synchronized void useAll() { apply(threads); }

    private static void apply(int number) {
        MethodHandle set = setThreads;
        if (set != null) Native.run(() -> { set.invokeExact(number); });
    }
}
