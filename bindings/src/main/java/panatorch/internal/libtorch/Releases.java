package panatorch.internal.libtorch;

import java.util.ArrayDeque;
import org.apache.logging.log4j.Level;
import org.jspecify.annotations.Nullable;
import panatorch.internal.log.Log;

/**
 * Runs tasks when libtorch frees objects, one after the other, on the thread that frees. A task may free the last reference to another
 * graph, whose tasks wait until this task is over. Nested tasks would let a chain of graphs overflow the stack.
 */
public final class Releases {
    private Releases() {}

    /** The tasks that wait on a thread; null while none runs. */
    private static final ThreadLocal<@Nullable ArrayDeque<Runnable>> WAITING = new ThreadLocal<>();

    /** Runs {@code task} now, or, within another task, when that one is over. Throws nothing. */
    public static void run(Runnable task) {
        ArrayDeque<Runnable> outer = WAITING.get();
        if (outer != null) {
            outer.add(task);
            return;
        }
        var waiting = new ArrayDeque<Runnable>();
        WAITING.set(waiting);
        try {
            for (Runnable next = task; next != null; next = waiting.poll()) runOne(next);
        } finally {
            WAITING.remove();
        }
    }

    private static void runOne(Runnable task) {
        try {
            task.run();
        } catch (Throwable t) { // it may not leave for C++, which would end the process, nor keep others from their turn
            Log.say(Releases.class, Level.ERROR, "The action for a freed tensor failed.", t);
        }
    }
}
