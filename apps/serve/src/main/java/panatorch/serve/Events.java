package panatorch.serve;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/** Counts what happens to the requests of a model, and tells it to listeners and to Java's flight recorder. */
final class Events {
    private final String model;
    private final List<ServeListener> listeners;
    final LongAdder answered = new LongAdder(), failed = new LongAdder(), rejected = new LongAdder();
    final AtomicInteger running = new AtomicInteger();

    Events(String model, List<ServeListener> listeners) {
        this.model = model;
        this.listeners = listeners;
    }

    private interface Call {
        void on(ServeListener listener);
    }

    /** A listener's exception is no request's fault. */
    private void tell(Call call) {
        for (ServeListener l : listeners) {
            try {
                call.on(l);
            } catch (Throwable e) { // a worker has to live on
                Thread t = Thread.currentThread();
                t.getUncaughtExceptionHandler().uncaughtException(t, e);
            }
        }
    }

    void queued(int waiting) {
        if (!listeners.isEmpty()) tell(l -> l.queued(model, waiting));
    }

    /** Returns the event to end with {@link #ran}, if a recording runs. */
    ServeEvents.@Nullable Batch batched(int requests, long rows, long waitedNanos) {
        running.addAndGet(requests);
        if (!listeners.isEmpty()) tell(l -> l.batched(model, requests, rows, Duration.ofNanos(waitedNanos)));
        return FlightRecorder.isInitialized() ? ServeEvents.Batch.begin(model, requests, rows, waitedNanos) : null;
    }

    /** A batch has been run, well or not. */
    void ended(int requests, ServeEvents.@Nullable Batch event) {
        running.addAndGet(-requests);
        if (event != null) event.commit();
    }

    void ran(int requests, long rows, long nanos) {
        answered.add(requests);
        if (!listeners.isEmpty()) tell(l -> l.ran(model, requests, rows, Duration.ofNanos(nanos)));
    }

    void failed(Throwable error) {
        failed.increment();
        if (!listeners.isEmpty()) tell(l -> l.failed(model, error));
        if (FlightRecorder.isInitialized()) ServeEvents.Failure.emit(model, error);
    }

    void rejected(ServeListener.Rejection reason) {
        rejected.increment();
        if (!listeners.isEmpty()) tell(l -> l.rejected(model, reason));
        if (FlightRecorder.isInitialized()) ServeEvents.Rejected.emit(model, reason);
    }
}
