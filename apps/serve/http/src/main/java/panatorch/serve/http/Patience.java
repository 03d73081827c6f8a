package panatorch.serve.http;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Ends reads that take too long, by an interrupt, which closes the connection of a virtual thread. */
final class Patience implements AutoCloseable {
    private final long nanos;
    private final ScheduledThreadPoolExecutor alarms;

    Patience(Duration limit) {
        nanos = limit.toNanos();
        alarms = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name("slow senders").daemon().factory());
        alarms.setRemoveOnCancelPolicy(true);
    }

    @FunctionalInterface
    interface Read {
        byte[] bytes() throws IOException;
    }

    /** One read, which has ended or is interrupted, but not both. */
    private static final class Alarm implements Runnable {
        private final Thread reader = Thread.currentThread();
        private boolean over, rang;

        @Override public synchronized void run() {
            if (over) return;
            rang = true;
            reader.interrupt();
        }

        synchronized void end() {
            over = true;
            if (rang) Thread.interrupted(); // it was for the read, which has failed by it or had just ended
        }
    }

    /** Reads on this thread. If that takes too long, the read fails. */
    byte[] read(Read read) throws IOException {
        var alarm = new Alarm();
        var scheduled = alarms.schedule(alarm, nanos, TimeUnit.NANOSECONDS);
        try {
            return read.bytes();
        } finally {
            scheduled.cancel(false);
            alarm.end();
        }
    }

    @Override public void close() { alarms.shutdownNow(); }
}
