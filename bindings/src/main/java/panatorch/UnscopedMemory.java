package panatorch;

import java.util.concurrent.atomic.AtomicLong;
import org.apache.logging.log4j.Level;
import panatorch.internal.log.Log;

/**
 * The amount of memory of tensors that only the garbage collector can free. The collector sees only small Java objects and no reason to
 * run, so it is asked to run whenever this memory has grown by 256 MiB and by a quarter, and what it finds is said once.
 */
final class UnscopedMemory {
    private UnscopedMemory() {}

    private static final long STEP = 256L << 20, MUCH = 64L << 20;
    private static final AtomicLong BYTES = new AtomicLong(), COLLECTED = new AtomicLong();
    /**
     * The amount when the garbage collector was last asked to run, or the smallest amount since. Races may make it inexact, which does no
     * harm.
     */
    private static volatile long level;

    /** True once the loop without a scope is to be told, by a thread of the program: the collector's own cannot begin to log. */
    private static volatile boolean due;

    static void add(long bytes) {
        if (due) warn();
        long now = BYTES.addAndGet(bytes);
        if (now - level < Math.max(STEP, level / 4)) return;
        level = now;
        System.gc();
    }

    /** Counts memory of a tensor that was garbage before anybody freed it. */
    static void collected(long bytes) {
        remove(bytes);
        long now = COLLECTED.addAndGet(bytes);
        if (now >= MUCH && now - bytes < MUCH) due = true;
    }

    private static void warn() {
        due = false;
        Log.say(Scope.class, Level.WARN,
                "Tensors of " + (MUCH >> 20) + " MiB were garbage before anybody freed them: they were made outside "
                        + "any scope, as in a loop without one, and their memory is freed late. Open a scope for each step, "
                        + "try (var scope = Scope.open()) { … }, or close them; -Dpanatorch.leaks=trace shows where they were made. "
                        + "This is said once.",
                null);
    }

    static void remove(long bytes) {
        long now = BYTES.addAndGet(-bytes);
        if (now < level) level = now;
    }
}
