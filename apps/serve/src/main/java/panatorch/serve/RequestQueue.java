package panatorch.serve;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The accepted requests that wait for a worker, by groups that can share a batch. For any number of threads. */
final class RequestQueue {
    /** What a worker takes: requests to run together, and requests that nobody waits for any more. */
    record Taken(List<Pending> batch, List<Pending> dead) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Pending.Group, PriorityQueue<Pending>> groups = new HashMap<>();
    private final int limit, workers;
    private final boolean batched;
    private final long maxRows, delayNanos;
    private final Map<Pending.Group, Long> rows = new HashMap<>();
    private int size, idle;
    private boolean borrowed;
    private long numbers;
    private boolean closed;

    RequestQueue(int limit, int workers, boolean batched, long maxRows, long delayNanos) {
        this.limit = limit;
        this.workers = workers;
        this.batched = batched;
        this.maxRows = maxRows;
        this.delayNanos = delayNanos;
    }

    /** Sets the greatest number of rows of a group's batches. If workers found different numbers, the greatest counts. */
    void limit(Map<Pending.Group, Long> found) {
        lock.lock();
        try {
            found.forEach((group, n) -> rows.merge(group, n, Math::max));
        } finally {
            lock.unlock();
        }
    }

    private long rows(Pending.Group group) { return rows.getOrDefault(group, maxRows); }

    int size() {
        lock.lock();
        try {
            return size;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds a request.
     *
     * @param dead receives requests that nobody waits for, which leave the queue to make room
     * @return the number of requests that wait; 0 if the queue is closed, and -1 if it is full
     */
    int add(Pending p, List<Pending> dead) {
        lock.lock();
        try {
            if (closed) return 0;
            if (size >= limit) purge(dead);
            if (size >= limit) return -1;
            p.number = numbers++;
            groups.computeIfAbsent(p.group, _ -> new PriorityQueue<>()).add(p);
            size++;
            if (idle > (borrowed ? 1 : 0)) changed.signal();
            return size;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes the place of a worker, if all of them are idle and nothing waits, until {@link #giveBack}.
     *
     * @return whether this has happened
     */
    boolean borrow() {
        lock.lock();
        try {
            if (closed || borrowed || size > 0 || idle < workers || delayNanos > 0) return false;
            borrowed = true;
            return true;
        } finally {
            lock.unlock();
        }
    }

    void giveBack() {
        lock.lock();
        try {
            borrowed = false;
            if (closed) changed.signalAll();
            else if (size > 0) changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private void purge(List<Pending> dead) {
        long now = System.nanoTime();
        groups.values().removeIf(group -> {
            group.removeIf(p -> p.isDead(now) && dead.add(p));
            return group.isEmpty();
        });
        size -= dead.size();
    }

    /** Waits for requests. Returns null once the queue is closed and empty. */
    @Nullable Taken take() {
        lock.lock();
        try {
            while (true) {
                PriorityQueue<Pending> first = first();
                if (first == null) {
                    if (closed && !borrowed) return null;
                    idle++;
                    changed.awaitUninterruptibly();
                    idle--;
                    continue;
                }
                long wait = delay(first);
                if (wait <= 0) return take(first);
                idle++;
                try {
                    changed.awaitNanos(wait);
                } catch (InterruptedException e) {
                    continue; // nobody interrupts workers on purpose
                } finally {
                    idle--;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Returns the group of the request that is next. */
    private @Nullable PriorityQueue<Pending> first() {
        PriorityQueue<Pending> best = null;
        Pending head = null;
        for (PriorityQueue<Pending> group : groups.values()) {
            Pending p = group.peek();
            if (p == null || head != null && head.compareTo(p) <= 0) continue;
            best = group;
            head = p;
        }
        return best;
    }

    /** Returns the nanoseconds to wait until a group should run. */
    private long delay(PriorityQueue<Pending> group) {
        if (delayNanos == 0 || closed) return 0;
        long rows = 0, oldest = Long.MAX_VALUE, now = System.nanoTime(), full = maxRows;
        for (Pending p : group) {
            full = rows(p.group);
            rows += p.rows;
            oldest = Math.min(oldest, p.accepted - now);
        }
        return rows >= full ? 0 : oldest + delayNanos;
    }

    private Taken take(PriorityQueue<Pending> group) {
        var batch = new ArrayList<Pending>();
        var dead = new ArrayList<Pending>();
        long rows = 0, now = System.nanoTime();
        Pending.Group key = null;
        for (Pending p = group.peek(); p != null; p = group.peek()) {
            key = p.group;
            boolean isDead = p.isDead(now);
            if (!isDead && !batch.isEmpty() && (!batched || rows + p.rows > rows(key))) break;
            group.poll();
            size--;
            if (isDead) {
                dead.add(p);
                continue;
            }
            batch.add(p);
            rows += p.rows;
        }
        if (group.isEmpty()) groups.remove(key);
        return new Taken(batch, dead);
    }

    /** Accepts no more requests. Those that wait are still taken. */
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
