package panatorch.internal.threads;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Lets a thread free a tensor that other threads may be about to use. A reader reads a tensor's address, and takes a reference to it or
 * reads its memory, between {@link #enter} and {@link #leave}. A thread that frees a tensor first clears the address and then calls
 * {@link #await}. After that, all readers that saw the address have left, and later ones see that the tensor is closed.
 *
 * <p>
 * That is read-copy-update. A platform thread has its own counter, and a thread that frees makes all processors agree on what was written
 * ({@link Barrier}). Virtual threads, of which there may be very many, and all threads on systems without such a barrier, count themselves
 * in one of two sums, which take turns (McKenney 2006, sleepable RCU).
 */
public final class TensorReaders {
    private static final ConcurrentLinkedQueue<WeakReference<TensorReaders>> OWN = new ConcurrentLinkedQueue<>();
    private static final VarHandle READING;

    static {
        try {
            READING = MethodHandles.lookup().findVarHandle(TensorReaders.class, "reading", int.class);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    /**
     * The distance of two counts, so that each has a cache line and its neighbour; and the number of counts that threads are spread over.
     */
    private static final int STRIDE = 16, STRIPES = 64;
    private static final long[] COUNTS = new long[(2 * STRIPES + 1) * STRIDE];
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
    private static volatile int turn;
    /** How often {@link #await} has begun to look at all readers, and has ended to. */
    private static volatile long begun, ended;

    private final boolean counted;
    private final int stripe;
    /** Odd while this thread reads. */
    private int reading;

    /** Makes the reader of the calling thread. */
    TensorReaders(int number, boolean virtual) {
        stripe = number & STRIPES - 1;
        counted = virtual || !Barrier.isThere();
        if (!counted) OWN.add(new WeakReference<>(this));
    }

    private static int place(int stripe, int turn) { return (1 + 2 * stripe + turn) * STRIDE; }

    /**
     * Begins to read; no more than a few instructions may follow.
     *
     * @return the token to pass to {@link #leave}, not 0
     */
    public int enter() {
        if (!counted) {
            READING.setOpaque(this, reading + 1);
            VarHandle.acquireFence(); // for the compiler; the processor's order is the barrier's
            return -1;
        }
        int place = place(stripe, turn);
        long others = (long) COUNT.getAndAdd(COUNTS, place, 1L);
        return place;
    }

    public void leave(int place) {
        if (place == -1) {
            READING.setRelease(this, reading + 1);
            return;
        }
        long others = (long) COUNT.getAndAdd(COUNTS, place, -1L);
    }

    /** Waits until all threads that are reading now have left. Threads that call this at the same time look at the readers once. */
    public static void await() {
        long before = begun;
        synchronized (OWN) {
            if (ended > before) return; // another thread began to look after this one was here
            begun++;
            awaitReaders();
            ended = begun;
        }
    }

    private static void awaitReaders() {
        if (Barrier.isThere()) {
            Barrier.everywhere();
            for (var readers = OWN.iterator(); readers.hasNext();) {
                TensorReaders r = readers.next().get();
                if (r == null) readers.remove();
                else r.awaitThis();
            }
        }
        int now = turn;
        drain(1 - now); // those that read the turn before it was changed last
        turn = 1 - now;
        drain(now);
    }

    private void awaitThis() {
        int before = (int) READING.getAcquire(this);
        if (before % 2 == 0) return;
        for (int spins = 0; (int) READING.getAcquire(this) == before; spins++) pause(spins);
    }

    private static void drain(int turn) {
        for (int i = 0; i < STRIPES; i++) {
            for (int spins = 0; (long) COUNT.getVolatile(COUNTS, place(i, turn)) != 0; spins++) pause(spins);
        }
    }

    private static void pause(int spins) {
        if (spins < 100) Thread.onSpinWait();
        else Thread.yield();
    }
}
