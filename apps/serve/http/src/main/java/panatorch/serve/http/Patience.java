package panatorch.serve.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends what lets the server wait too long: the body of a request, an answer that nobody takes, and, with {@link Connections}, the head of a
 * request. One thread looks at all of them now and then. An alarm for each would cost a request more than its JSON does.
 */
final class Patience implements AutoCloseable {
    private static final long LONGEST_PAUSE_MILLIS = 1000;

    private final long nanos;
    private final Connections connections;
    private final Set<Wait> waits = ConcurrentHashMap.newKeySet();
    private final Thread watch;

    /**
     * @param body how long a body may take, and an answer
     * @param head how long the head of a connection's first request may take
     * @param idle how long the head of a further one may take, from the answer before
     */
    Patience(Duration body, Duration head, Duration idle) {
        nanos = body.toNanos();
        connections = new Connections(head, idle);
        long shortest = Math.min(Math.min(body.toMillis(), head.toMillis()), idle.toMillis());
        long pause = Math.clamp(shortest / 8, 1, LONGEST_PAUSE_MILLIS);
        watch = Thread.ofPlatform().name("slow clients").daemon().start(() -> watch(pause));
    }

    Connections connections() { return connections; }

    private void watch(long pause) {
        while (true) {
            try {
                Thread.sleep(pause);
            } catch (InterruptedException _) {
                return; // closed
            }
            long now = System.nanoTime();
            for (Wait w : waits) w.endIfLate(now, nanos);
            connections.sweep(now);
        }
    }

    /** A step that waits for a client. */
    @FunctionalInterface
    interface Step<T, E extends Exception> {
        T run() throws E;
    }

    /** One wait, which has ended or is interrupted, but not both. */
    private static final class Wait {
        private final Thread thread = Thread.currentThread();
        private final long began = System.nanoTime();
        private boolean over, late;

        synchronized void endIfLate(long now, long limit) {
            if (over || late || now - began <= limit) return;
            late = true;
            thread.interrupt(); // closes the connection of a virtual thread
        }

        synchronized void end() {
            over = true;
            if (late) Thread.interrupted(); // it was for this step, which has failed by it or had just ended
        }
    }

    /** Runs a step on this thread. If it takes too long, it fails. */
    <T, E extends Exception> T within(Step<T, E> step) throws E {
        var wait = new Wait();
        waits.add(wait);
        try {
            return step.run();
        } finally {
            waits.remove(wait);
            wait.end();
        }
    }

    @Override public void close() { watch.interrupt(); }
}
