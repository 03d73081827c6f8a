package panatorch.internal.threads;

import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Sets the number of threads that OpenMP uses for the operators of a thread. libtorch's own function for that would also empty oneDNN's
 * caches.
 */
final class OpenMp {
    private OpenMp() {}

    private static final @Nullable MethodHandle SET = Symbol.OMP_SET_THREADS.functionIfThere(), PAUSE = Symbol.OMP_PAUSE.functionIfThere();
    private static final int SOFT = 1;

    static boolean isThere() { return SET != null; }

    /** Sets the number for this thread of the operating system. */
    static void setThreads(int number) {
        if (SET == null) return;
        try {
            SET.invokeExact(number);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /**
     * Ends the worker threads of this thread, which OpenMP would keep as long as this one lives. The next parallel region starts new ones.
     */
    static void endTeam() {
        if (PAUSE == null) return;
        int ignored = Native.call(() -> (int) PAUSE.invokeExact(SOFT));
    }
}
