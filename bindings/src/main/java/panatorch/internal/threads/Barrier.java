package panatorch.internal.threads;

import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Symbol;

/**
 * A memory barrier on all processors that run this process: Linux's {@code membarrier(2)}. With it, one side of a protocol orders the
 * memory accesses of both sides. The other side, which runs a million times as often, needs no barrier of its own.
 */
final class Barrier {
    private Barrier() {}

    private static final long EXPEDITED = 1 << 3, REGISTER_EXPEDITED = 1 << 4;
    private static final @Nullable MethodHandle CALL = Symbol.SYSCALL.functionIfThere();
    private static final long NUMBER = switch (System.getProperty("os.arch")) {
        case "amd64" -> 324;
        case "aarch64" -> 283;
        default -> -1;
    };
    private static final boolean THERE = NUMBER >= 0 && call(REGISTER_EXPEDITED) == 0;

    /** Returns the system's status, 0 for success; -1 if the call does not exist. */
    private static long call(long command) {
        if (CALL == null) return -1;
        try {
            return (long) CALL.invokeExact(NUMBER, command, 0L, 0L);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Returns whether this system has such a barrier. */
    static boolean isThere() { return THERE; }

    /** Makes all earlier writes of other threads visible to this one, and vice versa. */
    static void everywhere() {
        if (call(EXPEDITED) != 0) throw new AssertionError("membarrier does not work any more");
    }
}
