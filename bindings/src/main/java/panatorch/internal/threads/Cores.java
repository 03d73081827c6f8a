package panatorch.internal.threads;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.library.OpenBlas;

/**
 * The number of threads that the operators of a call use. A <em>fixed</em> call has all threads. A call that <em>adapts</em> has an equal
 * share with the other callers. A call whose thread is <em>limited</em> has the number that was set for that thread.
 *
 * <p>
 * OpenMP has a number for each thread, but OpenBLAS has one for the process. Fixed calls need OpenBLAS on all threads, so that their
 * results have the same bits each time. Calls that adapt would only wait for each other in products on all threads. So the two kinds take
 * turns: one kind is inside at a time. If there is only one kind, nothing waits. Limited calls take OpenBLAS as it is. Functions of
 * OpenBLAS that do not work on several threads run in {@link #serial}.
 */
public final class Cores {
    private Cores() {}

    /**
     * Nanoseconds: the length of a turn, the time without a call after which it ends early, and the interval at which a waiting thread
     * looks.
     */
    private static final long TURN = 5_000_000, IDLE = 500_000, PAUSE = 100_000;
    /**
     * The values of {@link #turn}: the kind whose turn it is, or {@link #CHANGING} plus the kind whose turn begins when all calls inside
     * have ended.
     */
    private static final int FIXED = 0, ADAPTIVE = 1, CHANGING = 2;

    private static final Condition TURNS_BEGIN = Callers.LOCK.newCondition(), NO_SERIAL = Callers.LOCK.newCondition();

    private static volatile int all = 1, share = 1;
    private static volatile boolean adaptive;
    /** True if libtorch uses OpenBLAS, whose number of threads has to be shared. */
    private static volatile boolean takesTurns;
    private static volatile int turn = FIXED;
    private static long turnBegan, lastInside;
    /** The time since which the other kind waits in this turn, 0 if it does not; and how long this turn lasts if the other kind waits. */
    private static long waitedFor, due = TURN;
    /**
     * The number of threads that wait for a turn in which calls adapt, and the factor by which such turns are longer than those of fixed
     * calls.
     */
    private static int adaptiveWaiting, weight = 1;
    /** The greatest weight. More callers get more time, as they would without turns, but training still makes progress. */
    private static final int MOST_WEIGHT = 4;
    /** True if one of the threads that wait for a turn watches for the end of the others' turn. */
    private static volatile boolean watched;
    /** True if OpenBLAS uses all threads. */
    private static volatile boolean wide = true;
    private static int serial;

    /**
     * Takes over the number of threads that libtorch has found.
     *
     * @param adapt whether calls of threads that do not train may use fewer while other threads call
     */
    public static void start(int threads, boolean adapt) {
        all = share = threads;
        adaptive = adapt && threads > 1 && OpenMp.isThere();
        takesTurns = OpenBlas.isLoaded();
        admit();
    }

    /** Sets the number of threads of each operator, of all calls from now on. */
    public static void set(int threads) {
        Callers.LOCK.lock();
        try {
            Callers.endSolitude();
            all = threads;
            adaptive = false;
            OpenBlas.setThreads(threads);
            wide = serial == 0;
            if (!wide) OpenBlas.useOne();
            admit();
            divide();
        } finally {
            Callers.LOCK.unlock();
        }
    }

    /**
     * Limits the number of fixed calls inside, as many operators that use all cores would only wait for each other. With CUDA there is no
     * limit, as calls wait for the GPU.
     */
    private static void admit() {
        int cores = Runtime.getRuntime().availableProcessors();
        Callers.FIXED.admit(all == 1 || NativeLibrary.hasCuda() ? Callers.MOST : Math.max(2, 2 * cores / all));
    }

    static int all() { return all; }

    static boolean adaptive() { return adaptive; }

    static int share() { return share; }

    /** Returns whether other threads call at present. */
    static boolean shared() { return share < all; }

    static boolean wide() { return wide; }

    /** Returns whether the caller's next call would find the same state as the running one. Requires the lock. */
    static boolean areSettledFor(Caller caller) {
        return isTurnOf(caller.isFixed()) && !watched && serial == 0 && !shared() && wide && caller.threads == all;
    }

    /** Divides the threads again, as the number of callers may have changed. Requires the lock. */
    static void divide() {
        share = adaptive ? Math.max(1, all / Math.max(1, Callers.active())) : all;
        if (serial > 0 || all == 1 || turn >= CHANGING) return; // calls that are inside must keep the state with which they began
        boolean alone = !shared() || turn == FIXED;
        if (alone && !wide) widenNow();
        else if (!alone && wide) narrowNow();
    }

    private static void widenNow() {
        OpenBlas.useAll();
        wide = true;
    }

    private static void narrowNow() {
        OpenBlas.useOne();
        wide = false;
    }

    // ---- turns

    static boolean isTurnOf(boolean fixed) { return turn == (fixed ? FIXED : ADAPTIVE) || !takesTurns; }

    static boolean changing() { return turn >= CHANGING; }

    /** Waits, while the caller is outside, until it is its kind's turn. */
    static void awaitTurn(boolean fixed, boolean interruptible) {
        int own = fixed ? FIXED : ADAPTIVE;
        boolean interrupted = false;
        Callers.LOCK.lock();
        try {
            if (!watched) lastInside = System.nanoTime();
            if (turn != own && waitedFor == 0) waitedFor = System.nanoTime();
            if (!fixed) adaptiveWaiting++;
            while (turn != own) {
                if (watched) interrupted |= await(TURNS_BEGIN, Long.MAX_VALUE);
                else interrupted |= watch(own);
                if (interrupted && interruptible) throw Callers.interrupted();
            }
        } finally {
            if (!fixed) adaptiveWaiting--;
            Callers.LOCK.unlock();
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /** Watches, in one of the waiting threads, for the end of the others' turn, and begins the own one. */
    private static boolean watch(int own) {
        boolean interrupted = false;
        watched = true;
        try {
            while (turn != own && !interrupted) {
                if (turn < CHANGING && isOver()) turn = CHANGING + own;
                if (turn >= CHANGING && !anyInside()) begin(turn - CHANGING);
                else interrupted = await(TURNS_BEGIN, PAUSE);
            }
            return interrupted;
        } finally {
            watched = false;
            TURNS_BEGIN.signalAll(); // one of the threads that still wait takes over watching
        }
    }

    /** Returns whether the other kind waits. */
    static boolean awaited() { return watched; }

    /** Ends this kind's turn if it is over, since the thread that watches may itself be waiting for a processor. */
    static void look(boolean fixed) {
        if (!Callers.LOCK.tryLock()) return;
        try {
            if (turn == (fixed ? FIXED : ADAPTIVE) && isOver()) turn = CHANGING + (fixed ? ADAPTIVE : FIXED);
        } finally {
            Callers.LOCK.unlock();
        }
    }

    private static boolean await(Condition condition, long nanos) {
        try {
            if (nanos == Long.MAX_VALUE) condition.await();
            else condition.awaitNanos(nanos);
            return false;
        } catch (InterruptedException e) {
            return true;
        }
    }

    private static boolean anyInside() { return Callers.FIXED.anyInside() || Callers.ADAPTIVE.anyInside() || Callers.aloneIs(Caller.IDLE); }

    private static boolean isOver() {
        long now = System.nanoTime();
        if (anyInside()) lastInside = now;
        return now - turnBegan >= due || now - lastInside >= IDLE;
    }

    private static void begin(int kind) {
        long now = System.nanoTime();
        long lasted = waitedFor == 0 ? 0 : now - waitedFor;
        if (kind == ADAPTIVE) {
            weight = Math.clamp(adaptiveWaiting / all, 1, MOST_WEIGHT);
            due = weight * Math.max(TURN, lasted - due + TURN);
        } else due = Math.max(TURN, TURN + (lasted - due) / weight);
        waitedFor = 0;
        turnBegan = lastInside = now;
        turn = kind;
        divide();
        TURNS_BEGIN.signalAll();
    }

    /** Begins the other kind's turn if the call that has just ended was the last one inside. */
    static void left() {
        Callers.LOCK.lock();
        try {
            if (turn >= CHANGING && !anyInside()) begin(turn - CHANGING);
        } finally {
            Callers.LOCK.unlock();
        }
    }

    // ---- parts that need OpenBLAS on one thread

    /** Makes OpenBLAS use all threads for a fixed call that has begun. */
    static void widen() {
        Callers.LOCK.lock();
        try {
            while (serial > 0) NO_SERIAL.awaitUninterruptibly();
            if (!wide) widenNow();
        } finally {
            Callers.LOCK.unlock();
        }
    }

    /** Runs a part of the running call while OpenBLAS has one thread. A fixed call waits until no other call needs all threads. */
    public static void serial(Caller caller, Runnable part) {
        if (OpenBlas.hasOneThread()) {
            part.run();
            return;
        }
        boolean fixed = caller.isFixed();
        Callers.LOCK.lock();
        try {
            if (fixed) caller.mark(Caller.ONE);
            while (!narrowed()) letOthersGoOn();
            serial++;
        } finally {
            Callers.LOCK.unlock();
        }
        caller.serial(true);
        try {
            part.run();
        } finally {
            caller.serial(false);
            over(caller, fixed);
        }
    }

    private static void letOthersGoOn() {
        Callers.LOCK.unlock();
        try {
            Thread.yield();
            LockSupport.parkNanos(PAUSE);
        } finally {
            Callers.LOCK.lock();
        }
    }

    /**
     * Makes OpenBLAS use one thread, and returns whether that was possible. It is not while a fixed call is inside that began when OpenBLAS
     * had all threads, or that waits for the lock to give it all.
     */
    private static boolean narrowed() {
        if (serial > 0) return true;
        wide = false;
        if (Callers.FIXED.anyIn(Caller.ALL) || Callers.aloneIs(Caller.ALL)) {
            wide = true;
            return false;
        }
        OpenBlas.useOne();
        return true;
    }

    private static void over(Caller caller, boolean fixed) {
        Callers.LOCK.lock();
        try {
            serial--;
            if (serial == 0) NO_SERIAL.signalAll();
            while (fixed && serial > 0) NO_SERIAL.awaitUninterruptibly();
            if (!fixed) {
                divide();
                return;
            }
            caller.mark(Caller.ALL);
            if (!wide) widenNow();
        } finally {
            Callers.LOCK.unlock();
        }
    }
}
