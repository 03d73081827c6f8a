package panatorch.internal.threads;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.library.OpenBlas;

/**
 * The number of threads that the operators of a call use. A <em>fixed</em> call has all threads. A call that <em>adapts</em> has an equal
 * share with the other callers. A call whose thread is <em>limited</em> has the number that was set for that thread.
 *
 * <p>
 * OpenMP has a number for each thread, but OpenBLAS has one for the process. Fixed calls need OpenBLAS on all threads, so that their
 * results have the same bits each time. Calls that adapt would only wait for each other in products on all threads. So the two kinds take
 * {@link Turns}. Limited calls take OpenBLAS as it is. Functions of OpenBLAS that do not work on several threads run in {@link #serial}.
 */
public final class Cores {
    private Cores() {}

    /** Nanoseconds after which a call looks again whether it can have OpenBLAS on one thread. */
    private static final long PAUSE = 100_000;

    private static final Condition NO_SERIAL = Callers.LOCK.newCondition();

    private static volatile int all = 1, share = 1;
    private static volatile boolean adaptive;
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
        Turns.start(OpenBlas.isLoaded());
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
        return Turns.isOf(caller.isFixed()) && !Turns.awaited() && serial == 0 && !shared() && wide && caller.threads == all;
    }

    /** Divides the threads again, as the number of callers may have changed. Requires the lock. */
    static void divide() {
        share = adaptive ? Math.max(1, all / Math.max(1, Callers.active())) : all;
        if (serial > 0 || all == 1 || Turns.changing()) return; // calls that are inside must keep the state with which they began
        boolean alone = !shared() || Turns.areFixed();
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

    /**
     * Runs a part of the running call while OpenBLAS has one thread. A fixed call waits until no other call needs all threads. Parts may
     * lie within each other.
     */
    public static void serial(Caller caller, Runnable part) {
        if (OpenBlas.hasOneThread() || caller.isSerial()) {
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

    /** Runs a part of the running call with one OpenMP thread. */
    public static void onOne(Runnable part) {
        int number = torch.get_num_threads();
        if (number > 1) OpenMp.setThreads(1);
        try {
            part.run();
        } finally {
            if (number > 1) OpenMp.setThreads(number);
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
