package panatorch.serve.http.internal;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts the requests within, and lets no more in once it is closed. */
public final class Gate {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition empty = lock.newCondition();
    private int within;
    private boolean closed;

    /** Returns false if the gate is closed. Who is let in has to leave. */
    public boolean enter() {
        lock.lock();
        try {
            if (closed) return false;
            within++;
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Counts a request that was let in as finished. */
    public void leave() {
        lock.lock();
        try {
            if (--within == 0) empty.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether nobody is let in any more. */
    public boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Lets nobody in any more, and waits until all have left or the time is over. Returns how many are within. */
    public int close(Duration patience) {
        lock.lock();
        try {
            closed = true;
            long left = patience.toNanos();
            while (within > 0 && left > 0) left = empty.awaitNanos(left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
        return within;
    }
}
