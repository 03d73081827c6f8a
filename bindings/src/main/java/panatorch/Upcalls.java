package panatorch;

import org.apache.logging.log4j.Level;
import org.jspecify.annotations.Nullable;
import panatorch.internal.log.Log;

/**
 * A thread's account of Java code that libtorch calls. An exception of that code does not cross the native frames: it waits here
 * until the call of Java's that led there is back, which throws it as it is.
 */
final class Upcalls {
    /** A third of what a thread with the usual stack has room for. */
    private static final int MOST_CALLERS = 100;

    private int callers;
    private @Nullable Throwable thrown;

    /** Ends a recursion before the stack does, since where libtorch calls Java there has to be room to catch that error. */
    void checkDepth() {
        if (callers > MOST_CALLERS) throw new StackOverflowError("kernels in Java call each other, " + callers + " deep");
    }

    /** A call of Java's into libtorch begins. What is returned is for {@link #leave}: it belongs to the call around this one. */
    @Nullable Throwable enter() {
        callers++;
        Throwable outer = thrown;
        thrown = null;
        return outer;
    }

    /** The call is back: what it has to throw, whether libtorch reports an error or not. */
    @Nullable Throwable leave(@Nullable Throwable outer) {
        callers--;
        Throwable own = thrown;
        thrown = outer;
        return own;
    }

    /** Runs something native that may call back, and throws what the code called back threw. */
    static void during(Runnable call) {
        Upcalls upcalls = ThreadContext.current().upcalls;
        Throwable outer = upcalls.enter(), thrown;
        RuntimeException failure = null;
        try {
            call.run();
        } catch (RuntimeException e) {
            failure = e;
        } finally {
            thrown = upcalls.leave(outer);
        }
        if (thrown instanceof SerialKernel.Failure libtorch) throw Errors.plain(libtorch.error);
        if (thrown != null) throw unchanged(thrown);
        if (failure != null) throw failure;
    }

    /** Code that libtorch called threw {@code t}; libtorch goes on without its results. */
    void failed(String what, Throwable t) {
        if (callers == 0) Log.say(Upcalls.class, Level.ERROR, what + " failed on a thread where no call of Java's waits for it", t);
        else if (thrown == null) thrown = t;
        else if (thrown != t) thrown.addSuppressed(t);
    }

    @SuppressWarnings("unchecked")
    static <E extends Throwable> RuntimeException unchanged(Throwable t) throws E { throw (E) t; }
}
