package panatorch.internal.threads;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayDeque;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Admits a limited number of threads to libtorch at once. OpenBLAS has 128 buffers, of which each product takes one, and corrupts memory
 * when they are used up.
 *
 * <p>
 * A caller keeps its slot from call to call, so that beginning and ending a call writes to no memory that threads share. Another caller may
 * take a slot whose caller is outside. A caller that finds all slots in use waits in a queue, and gets the slot of a caller that has made
 * {@link #TURN} calls.
 */
final class Callers {
    /**
     * The largest number of callers of each kind. All three kinds together leave a few of OpenBLAS's buffers to threads that do not call
     * from Java.
     */
    static final int MOST = 40;
    /**
     * The number of calls after which a caller leaves its slot to one that waits. With fewer, waking threads takes more time than
     * computing.
     */
    private static final int TURN = 64;
    /** Nanoseconds after which a caller that has not called again no longer counts. */
    private static final long RECENT = 1_000_000;

    /** The lock of all slots, all queues and {@link Cores}. */
    static final ReentrantLock LOCK = new ReentrantLock();
    /** The callers of each kind that {@link Cores} tells apart. */
    static final Callers FIXED = new Callers(), ADAPTIVE = new Callers(), LIMITED = new Callers();

    /**
     * The distance of two slots, so that each has a cache line and its neighbour, which processors fetch together. A slot holds its state
     * and, at {@link #SEEN}, its number of calls at the last look.
     */
    private static final int STRIDE = 16, SEEN = 1;
    private static final VarHandle STATES = MethodHandles.arrayElementVarHandle(long[].class);
    private static final long FREE = 0;

    private final long[] slots = new long[(MOST + 1) * STRIDE];
    private final Caller[] owners = new Caller[MOST];
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private volatile int most = MOST, waiting;
    private int active;
    private static long lookedAround;
    /** The only caller, which needs no slot to be inside; null if several call. */
    static volatile @Nullable Caller alone;
    /** The last caller that was alone, which may still be inside. */
    private static @Nullable Caller notAlone;

    private static final class Waiting {
        final Thread thread = Thread.currentThread();
        final Caller caller;
        final long running;
        volatile boolean first, served;

        Waiting(Caller caller, long running) {
            this.caller = caller;
            this.running = running;
        }
    }

    /** Sets the number of callers to admit. Callers that are inside stay there. */
    void admit(int most) {
        this.most = Math.min(most, MOST);
    }

    private static int slot(int i) { return (i + 1) * STRIDE; } // the first line is the array's own

    private long state(int i) { return (long) STATES.getVolatile(slots, slot(i)); }

    /** Takes a slot again, and returns whether it still belonged to the caller. */
    boolean take(int slot, long idle, long running) {
        return slot != 0 && STATES.compareAndSet(slots, slot, idle, running);
    }

    void release(Caller caller) {
        STATES.setRelease(slots, caller.slot, caller.idle);
        if (waiting > 0 && caller.calls >= TURN) handOver(caller);
    }

    /** Frees the slot of a caller that needs another kind. */
    void leave(Caller caller) {
        LOCK.lock();
        try {
            if (take(caller.slot, caller.idle, FREE)) active--;
        } finally {
            LOCK.unlock();
        }
    }

    /** Changes the state of a caller that is inside. */
    void mark(Caller caller, int state) {
        STATES.setVolatile(slots, caller.slot, caller.idle | state);
    }

    /** Returns the number of callers that have called lately. */
    static int active() {
        return FIXED.active + ADAPTIVE.active + LIMITED.active;
    }

    /** Returns whether a call is inside that began while its caller was the only one. */
    static boolean aloneIs(int wanted) {
        endSolitude(); // a caller that is alone does not show whether it is inside
        int state = stateOfNotAlone();
        return state != Caller.IDLE && (wanted == Caller.IDLE || state == wanted);
    }

    private static int stateOfNotAlone() { return notAlone == null ? Caller.IDLE : notAlone.aloneState(); }

    /** Makes the only caller use a slot from its next call on. Requires the lock. */
    static void endSolitude() {
        Caller c = alone;
        if (c == null) return;
        alone = null;
        Barrier.everywhere();
        notAlone = c;
    }

    static void endSolitudeOf(Caller caller) {
        if (alone != caller) return;
        LOCK.lock();
        try {
            if (alone == caller) endSolitude();
        } finally {
            LOCK.unlock();
        }
    }

    /** Lets a caller that is inside work without a slot from its next call on, if it is the only caller. */
    static void leaveAlone(Caller caller) {
        if (!Barrier.isThere() || !LOCK.tryLock()) return;
        try {
            if (active() == 1 && stateOfNotAlone() == Caller.IDLE && Cores.areSettledFor(caller)) alone = caller;
        } finally {
            LOCK.unlock();
        }
    }

    /** Returns whether a caller is inside. */
    boolean anyInside() {
        for (int i = 0; i < MOST; i++) if ((state(i) & Caller.STATE) != Caller.IDLE) return true;
        return false;
    }

    boolean anyIn(int wanted) {
        for (int i = 0; i < MOST; i++) if ((state(i) & Caller.STATE) == wanted) return true;
        return false;
    }

    /** Gives the caller a slot, in which it is inside. */
    void acquire(Caller caller, long running, boolean interruptible) {
        Waiting place;
        LOCK.lock();
        try {
            endSolitude();
            sweep();
            if (queue.isEmpty() && placed(caller, running)) return;
            place = new Waiting(caller, running);
            place.first = queue.isEmpty();
            queue.add(place);
            waiting = queue.size();
        } finally {
            LOCK.unlock();
        }
        boolean interrupted = false;
        try {
            while (!served(place)) {
                if (place.first) LockSupport.parkNanos(RECENT); // nobody hands over the slot of a caller that does not call again
                else LockSupport.park();
                interrupted |= Thread.interrupted();
                if (interrupted && interruptible && gaveUp(place)) throw interrupted();
            }
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    static CancellationException interrupted() {
        return new CancellationException("interrupted while it waited for operator calls of other threads");
    }

    private boolean served(Waiting place) {
        if (place.served || !place.first) return place.served;
        LOCK.lock();
        try {
            if (place.served) return true;
            sweep();
            if (!placed(place.caller, place.running)) return false;
            leaveQueue(place);
            return true;
        } finally {
            LOCK.unlock();
        }
    }

    private boolean gaveUp(Waiting place) {
        LOCK.lock();
        try {
            if (place.served) return false;
            leaveQueue(place);
            return true;
        } finally {
            LOCK.unlock();
        }
    }

    private void leaveQueue(Waiting place) {
        queue.remove(place);
        waiting = queue.size();
        Waiting next = queue.peek();
        if (next == null || next.first) return;
        next.first = true;
        LockSupport.unpark(next.thread);
    }

    private void handOver(Caller caller) {
        LOCK.lock();
        try {
            Waiting next = queue.peek();
            if (next == null || !take(caller.slot, caller.idle, next.running)) return;
            own(caller.slot / STRIDE - 1, next.caller);
            leaveQueue(next);
            next.served = true;
            LockSupport.unpark(next.thread);
        } finally {
            LOCK.unlock();
        }
    }

    /** Takes a free slot, or that of a caller that is outside. */
    private boolean placed(Caller caller, long running) {
        int n = most, from = ThreadLocalRandom.current().nextInt(n);
        for (int k = 0; active < n && k < n; k++) {
            int i = (from + k) % n;
            if (!take(slot(i), FREE, running)) continue;
            active++;
            own(i, caller);
            Cores.divide();
            return true;
        }
        for (int k = 0; k < n; k++) {
            int i = (from + k) % n;
            long state = state(i);
            if (state == FREE || (state & Caller.STATE) != Caller.IDLE || !take(slot(i), state, running)) continue;
            own(i, caller);
            return true;
        }
        return false;
    }

    private void own(int i, Caller caller) {
        owners[i] = caller;
        slots[slot(i) + SEEN] = -1;
        caller.slot = slot(i);
        caller.calls = 0;
    }

    /** Frees the slots of callers that have not called again, unless that was done a short time ago. */
    static void lookAround() {
        if (System.nanoTime() - lookedAround < RECENT || !LOCK.tryLock()) return;
        try {
            sweep();
        } finally {
            LOCK.unlock();
        }
    }

    private static void sweep() {
        long now = System.nanoTime();
        if (now - lookedAround < RECENT) return;
        lookedAround = now;
        FIXED.sweepSlots();
        ADAPTIVE.sweepSlots();
        LIMITED.sweepSlots();
        Cores.divide();
    }

    private void sweepSlots() {
        for (int i = 0; i < MOST; i++) {
            long state = state(i);
            if (state == FREE) continue;
            int calls = owners[i].calls;
            if ((state & Caller.STATE) == Caller.IDLE && calls == slots[slot(i) + SEEN] && take(slot(i), state, FREE)) active--;
            else slots[slot(i) + SEEN] = calls;
        }
    }
}
