package panatorch.internal.threads;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Lets a thread free a tensor that others may be about to use. Who reads a tensor's address, and then takes a reference to it or reads its memory,
 * does so between {@link #enter} and {@link #leave}; who frees one clears the address first and then calls {@link #await}: whoever has
 * read it has left by then, and who comes later reads that it is closed.
 *
 * <p>That is sleepable read-copy-update (McKenney 2006): readers count themselves in one of two sums, which takes turns.
 */
public final class TensorReaders {
    private TensorReaders() {}

    /** Each count has a cache line and its neighbour; threads are spread over so many. */
    private static final int STRIDE = 16, STRIPES = 64;
    private static final long[] COUNTS = new long[(2 * STRIPES + 1) * STRIDE];
    private static final VarHandle COUNT = MethodHandles.arrayElementVarHandle(long[].class);
    private static volatile int turn;

    private static int place(long thread, int turn) { return (1 + 2 * (int) (thread & STRIPES - 1) + turn) * STRIDE; }

    /** Begins to read; no more than a few instructions may follow. @return what {@link #leave} needs */
    public static int enter(long thread) {
        int place = place(thread, turn);
        long others = (long) COUNT.getAndAdd(COUNTS, place, 1L);
        return place;
    }

    public static void leave(int place) {
        long others = (long) COUNT.getAndAdd(COUNTS, place, -1L);
    }

    /** Waits until all that are reading now have left. */
    public static synchronized void await() {
        int now = turn;
        drain(1 - now); // those that read the turn before it was changed last
        turn = 1 - now;
        drain(now);
    }

    private static void drain(int turn) {
        for (int i = 0; i < STRIPES; i++) {
            for (int spins = 0; (long) COUNT.getVolatile(COUNTS, place(i, turn)) != 0; spins++) {
                if (spins < 100) Thread.onSpinWait();
                else Thread.yield();
            }
        }
    }
}
