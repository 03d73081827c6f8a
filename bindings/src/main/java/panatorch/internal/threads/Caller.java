package panatorch.internal.threads;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.pytorch.global.torch;

/**
 * A thread that calls libtorch. Between {@link #enter} and {@link #leave} it is one of the {@link Callers} inside, and its operators use
 * the number of threads that {@link Cores} gives it.
 *
 * <p>
 * It belongs to one Java thread, virtual or not.
 */
public final class Caller {
    private static final AtomicLong IDS = new AtomicLong();
    /** The state of a {@linkplain Callers slot}: the caller's number and one of these in the two lowest bits. */
    static final int IDLE = 0, INSIDE = 1, ALL = 2, ONE = 3, STATE = 3;
    /** A mask for the number of calls, which decides how often a caller looks whether others are still there. */
    private static final int OFTEN = 7;
    private static final int UNKNOWN = -1;
    /**
     * The number of single-threaded calls after which a caller ends the worker threads that it once used. 200 callers on 64 cores would
     * keep 12,600.
     */
    private static final int PATIENCE = 256;

    private final boolean virtual = Thread.currentThread().isVirtual();
    private final long number = IDS.incrementAndGet();
    final long idle = number << 2;
    private Callers callers = Callers.ADAPTIVE;
    /** The index at which this caller's slot begins, unless another caller has it now; 0 at first. */
    int slot;
    /** The number of calls since this caller got its slot. */
    int calls;

    private static final VarHandle ALONE;

    static {
        try {
            ALONE = MethodHandles.lookup().findVarHandle(Caller.class, "alone", int.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /** This thread's part in the protocol for reading tensors that another thread may close. */
    public final TensorReaders readers = new TensorReaders((int) number, virtual);
    private int alone = IDLE;
    private int depth;
    private boolean fixed, serial;
    private boolean recordsNothing, trains;
    private int limit;
    /** OpenMP's number for this thread of the operating system. A virtual thread may continue on another of those after any wait. */
    int threads = UNKNOWN;
    /** The number of single-threaded calls since the last multi-threaded one; -1 if there was none. */
    private int callsOnOne = -1;

    public Caller() {
        if (!virtual) torch.get_num_threads(); // a thread's first use of libtorch overwrites its number
    }

    /**
     * Begins a call into libtorch. Waits while too many others are inside.
     *
     * @throws java.util.concurrent.CancellationException if the thread is interrupted while it waits; it stays interrupted
     */
    public void enter() {
        if (depth++ == 0 && !beginsAlone()) begin(!adapts(), true);
    }

    /** Ends the call that {@link #enter} began. */
    public void leave() {
        if (--depth == 0) goOutside();
    }

    /**
     * Leaves libtorch while a Java callback of libtorch runs, as that may wait for other callers.
     *
     * @return the token to pass to {@link #resume}
     */
    public int pause() {
        int paused = depth;
        if (paused == 0 || serial) return 0;
        depth = 0;
        goOutside();
        return fixed ? -paused : paused;
    }

    /** Re-enters the call that {@link #pause} left. */
    public void resume(int paused) {
        if (paused == 0) return;
        depth = Math.abs(paused);
        if (!beginsAlone()) begin(paused < 0, false);
    }

    /**
     * Begins a call without a slot, if this is the only caller. It then needs no instruction for which all processors wait, since a second
     * caller enforces the order. The settings for its calls stay as they were when it became {@link Callers#alone}: a thread that changes
     * them ends the solitude first.
     */
    private boolean beginsAlone() {
        if (Callers.alone != this) return false;
        ALONE.setOpaque(this, fixed ? ALL : INSIDE);
        if (Callers.alone == this) {
            calls++;
            return true;
        }
        ALONE.setOpaque(this, IDLE);
        return false;
    }

    private void begin(boolean fixed, boolean interruptible) {
        this.fixed = fixed;
        boolean limited = limit != 0;
        long running = idle | (fixed ? ALL : INSIDE);
        try {
            goInside(limited ? Callers.LIMITED : fixed ? Callers.FIXED : Callers.ADAPTIVE, running, interruptible);
            while (!limited && !Turns.isOf(fixed)) {
                callers.release(this);
                Turns.await(fixed, interruptible);
                goInside(callers, running, interruptible);
            }
        } catch (RuntimeException e) {
            depth = 0;
            throw e;
        }
        calls++;
        if (fixed && !Cores.wide()) Cores.widen();
        use(limited ? limit : fixed ? Cores.all() : Cores.share());
        if ((calls & OFTEN) == 0) lookAround(limited);
    }

    private void lookAround(boolean limited) {
        if (Callers.active() > 1) Callers.lookAround();
        else if (!limited && !virtual) Callers.leaveAlone(this);
        if (!limited && Turns.awaited()) Turns.look(fixed);
    }

    private void goInside(Callers among, long running, boolean interruptible) {
        if (among != callers) {
            callers.leave(this);
            callers = among;
            slot = 0;
        }
        if (!among.take(slot, idle, running)) among.acquire(this, running, interruptible);
    }

    private void goOutside() {
        if (alone != IDLE) ALONE.setRelease(this, IDLE);
        else callers.release(this);
        if (Turns.changing()) Turns.left();
    }

    private void use(int number) {
        if (callsOnOne >= 0 && number == 1 && ++callsOnOne >= PATIENCE) {
            OpenMp.endTeam();
            callsOnOne = -1;
        }
        if (number == threads) return;
        if (virtual) torch.get_num_threads();
        else {
            threads = number;
            if (number > 1) callsOnOne = 0;
        }
        OpenMp.setThreads(number);
    }

    /** Returns whether this thread's calls may use fewer threads, and so add in another order, while others call. */
    private boolean adapts() {
        return limit != 0 || !trains && Cores.adaptive();
    }

    /** Returns the unique number of this caller. */
    public int number() { return (int) number; }

    /** Returns whether this thread's operators record nothing for {@code backward}. */
    public boolean recordsNothing() {
        return recordsNothing;
    }

    public void recordNothing(boolean so) { recordsNothing = so; }

    /**
     * Returns whether the running call would be this thread's first that records for {@code backward}, if an argument requires a gradient.
     */
    public boolean mayBeginTraining() {
        return depth == 1 && !fixed && limit == 0 && !recordsNothing;
    }

    /**
     * Declares that this thread trains. From now on all its calls have all threads, including the running one. That includes calls that
     * record nothing, since their results, such as the norm of gradients, influence the training.
     */
    public void trains() {
        if (trains) return;
        Callers.endSolitudeOf(this);
        trains = true;
        if (depth == 0 || fixed || limit != 0) return;
        goOutside();
        begin(true, false);
    }

    /** Gives the operators of this thread a number of threads of their own. */
    public void limit(int threads) {
        Callers.endSolitudeOf(this);
        limit = threads;
    }

    /** Returns the number that {@link #limit(int)} has set; 0 if it has not. */
    public int limit() { return limit; }

    /**
     * Runs code whose native calls wait inside for calls of other threads, as ranks of one process do. Such calls have this thread's usual
     * number of threads, but as no others need to end before they begin, they take OpenBLAS as it is.
     */
    public void waitingForOthers(Runnable code) {
        int before = limit;
        limit(mostThreads());
        try {
            code.run();
        } finally {
            limit(before);
        }
    }

    /** Returns whether a call of this thread is running, which has called Java back. */
    public boolean isInside() { return depth > 0; }

    /** Returns the largest number of threads that an operator of this thread uses. */
    public int mostThreads() {
        return limit != 0 ? limit : Cores.all();
    }

    void mark(int state) {
        if (alone != IDLE) ALONE.setVolatile(this, state);
        else callers.mark(this, state);
    }

    /** Returns the state of a call that began while this caller was the only one. */
    int aloneState() {
        return (int) ALONE.getVolatile(this);
    }

    boolean isFixed() { return fixed && depth > 0; }

    /** Sets whether this caller is in {@link Cores#serial}, where it stays inside even in callbacks, since no other call could begin. */
    void serial(boolean so) {
        serial = so;
    }

    boolean isSerial() { return serial; }
}
