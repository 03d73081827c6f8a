package panatorch.internal.distributed;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for a GPU, which notifies nobody: asks again and again, less and less often. */
public final class Polling {
    private Polling() {}

    /** Most collectives end while the caller spins. A thread sleeps some 50 µs longer than it asks for. */
    private static final long SPIN_NANOS = 100_000, SHORT_NANOS = 2_000_000, SHORT_SLEEP = 20_000, LONG_SLEEP = 200_000;

    /** Returns whether {@code done} has become true within this time; returns false at once if the thread is interrupted. */
    public static boolean await(long millis, BooleanSupplier done) {
        long begin = System.nanoTime(), longest = millis * 1_000_000;
        while (!done.getAsBoolean()) {
            long waited = System.nanoTime() - begin;
            if (waited > longest || Thread.currentThread().isInterrupted()) return false;
            if (waited < SPIN_NANOS) Thread.onSpinWait();
            else LockSupport.parkNanos(waited < SHORT_NANOS ? SHORT_SLEEP : LONG_SLEEP);
        }
        return true;
    }
}
