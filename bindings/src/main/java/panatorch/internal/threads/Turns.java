package panatorch.internal.threads;

import java.util.concurrent.locks.Condition;

/**
 * The turns of fixed calls and of calls that adapt, which need OpenBLAS with different numbers of threads. One kind is inside at a time. If
 * there is only one kind, nothing waits. All fields but the volatile ones require {@link Callers#LOCK}.
 */
final class Turns {
    private Turns() {}

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

    private static final Condition TURNS_BEGIN = Callers.LOCK.newCondition();

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

    /**
     * Begins to take turns.
     *
     * @param needed whether libtorch uses OpenBLAS, whose number of threads has to be shared
     */
    static void start(boolean needed) { takesTurns = needed; }

    /** Returns whether calls of a kind may be inside now. */
    static boolean isOf(boolean fixed) {
        return turn == (fixed ? FIXED : ADAPTIVE) || !takesTurns;
    }

    /** Returns whether it is the turn of fixed calls. */
    static boolean areFixed() { return turn == FIXED; }

    /** Returns whether a turn is over that still has calls inside. */
    static boolean changing() { return turn >= CHANGING; }

    /** Waits, while the caller is outside, until it is its kind's turn. */
    static void await(boolean fixed, boolean interruptible) {
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
            weight = Math.clamp(adaptiveWaiting / Cores.all(), 1, MOST_WEIGHT);
            due = weight * Math.max(TURN, lasted - due + TURN);
        } else due = Math.max(TURN, TURN + (lasted - due) / weight);
        waitedFor = 0;
        turnBegan = lastInside = now;
        turn = kind;
        Cores.divide();
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
}
