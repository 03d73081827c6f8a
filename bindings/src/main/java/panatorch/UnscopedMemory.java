package panatorch;

import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory of tensors that only the garbage collector may free. It sees small Java objects and no reason to hurry; so it is asked to
 * whenever there is a GiB more of them.
 */
final class UnscopedMemory {
    private UnscopedMemory() {}

    private static final long STEP = 1L << 30;
    private static final AtomicLong BYTES = new AtomicLong();
    /**
     * What was held when the garbage collector was asked last, or less if less was held since. Not exact under races, which does no harm.
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
