package panatorch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A mode of libtorch that a guard sets while it is open. libtorch keeps its modes per thread of the operating system. A virtual thread may
 * continue on another of those after any wait, so its open modes are set again for each of its native calls.
 */
abstract class Mode implements AutoCloseable {
    private final ThreadContext owner = ThreadContext.current();
    private final @Nullable Mode outer = owner.innermost;
    private final boolean recordedNothing = owner.caller.recordsNothing();
    private boolean closed;

    /** Starts the mode, at the end of a guard's construction. */
    final void open() {
        owner.innermost = this;
        owner.caller.recordNothing(recordsNothing(recordedNothing));
        if (owner.modes == null) set();
        else owner.modes.add(this);
    }

    /**
     * Returns whether operators record nothing for {@code backward} in this mode; {@code outside} says whether they record nothing outside
     * of it.
     */
    boolean recordsNothing(boolean outside) {
        return outside;
    }

    /** Sets the mode on this thread of the operating system, and remembers the previous one. */
    abstract void set();

    /** Restores the previous mode. */
    abstract void unset();

    /**
     * Restores the previous mode. Closing twice is harmless. Closing a guard also closes the guards that were opened inside it and are
     * still open.
     */
    @Override public void close() {
        if (closed) return;
        if (ThreadContext.current() != owner)
            throw new WrongThreadException("this mode belongs to another thread; close it on the thread that entered it");
        for (Mode m = owner.innermost; m != this && m != null; m = owner.innermost) m.close();
        owner.innermost = outer;
        owner.caller.recordNothing(recordedNothing);
        closed = true;
        if (owner.modes == null) unset();
        else owner.modes.remove(this);
    }

    /** Returns whether a mode and those around it are all {@link NoGrad}, or there is none. */
    static boolean onlyNoGrad(@Nullable Mode innermost) {
        for (Mode m = innermost; m != null; m = m.outer) if (!(m instanceof NoGrad)) return false;
        return true;
    }

    /** Runs a native call with this thread's open modes set. */
    static void during(Runnable call) {
        var modes = ThreadContext.current().modes;
        if (modes == null) call.run(); // they stay set
        else during(modes, call);
    }

    /** Runs a native call on a virtual thread, with {@code modes} set for it. */
    static void during(List<Mode> modes, Runnable call) {
        int set = 0;
        try {
            for (; set < modes.size(); set++) modes.get(set).set();
            call.run();
        } finally {
            while (set > 0) modes.get(--set).unset();
        }
    }
}
