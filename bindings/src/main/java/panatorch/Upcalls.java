package panatorch;

import org.apache.logging.log4j.Level;
import org.jspecify.annotations.Nullable;
import panatorch.internal.log.Log;

/**
 * Per-thread state of Java callbacks invoked by libtorch. Holds an exception thrown by a callback until control is back in the Java code
 * that called libtorch, which throws it.
 */
final class Upcalls {
    /** The deepest nesting of callbacks: a third of what a thread with the usual stack has room for. */
    private static final int MOST_CALLERS = 100;

    private int callers;
    private @Nullable Throwable thrown;

    /** Throws a {@link StackOverflowError} before the stack is full: a callback needs room to catch that error. */
    void checkDepth() {
        if (callers > MOST_CALLERS) throw new StackOverflowError("kernels written in Java call each other " + callers + " levels deep");
    }

    /**
     * Begins a call into libtorch.
     *
     * @return the exception that waits for the call around this one, to be passed to {@link #leave}
     */
    @Nullable Throwable enter() {
        callers++;
        Throwable outer = thrown;
        thrown = null;
        return outer;
    }

    /**
     * Ends a call into libtorch.
     *
     * @return the exception that a callback threw meanwhile, which the caller has to throw whether libtorch reports an error or not; or
     * null
     */
    @Nullable Throwable leave(@Nullable Throwable outer) {
        callers--;
        Throwable own = thrown;
        thrown = outer;
        return own;
    }

    /** Runs native code that may call Java, and throws the exception that a callback threw. */
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
        if (thrown instanceof NativeErrors.InKernel libtorch) throw NativeErrors.of(libtorch.error);
        if (thrown != null) throw NativeErrors.unchanged(thrown);
        if (failure != null) throw failure;
    }

    /** Records that a callback threw {@code t}. libtorch goes on without the callback's results. */
    void failed(String what, Throwable t) {
        if (callers == 0) Log.say(Upcalls.class, Level.ERROR, what + " failed on a thread of libtorch, where no Java call waits for it", t);
        else if (thrown == null) thrown = t;
        else if (thrown != t) thrown.addSuppressed(t);
    }
}
