package panatorch;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The amount of memory of tensors that only the garbage collector can free. The collector sees only small Java objects and no reason to
 * run, so it is asked to run whenever this memory has grown by a GiB.
 */
final class UnscopedMemory {
    private UnscopedMemory() {}

    private static final long STEP = 1L << 30;
    private static final AtomicLong BYTES = new AtomicLong();
    /**
     * The amount when the garbage collector was last asked to run, or the smallest amount since. Races may make it inexact, which does no
     * harm.
     */
    private static volatile long level;

    static void add(long bytes) {
        long now = BYTES.addAndGet(bytes);
        if (now - level < STEP) return;
        level = now;
        System.gc();
    }

    static void remove(long bytes) {
        long now = BYTES.addAndGet(-bytes);
        if (now < level) level = now;
    }
}
