package panatorch.serve;

import java.util.List;
import java.util.Objects;

/** Runs batches of requests, and ends each request with its outputs or an exception. For any number of threads. */
final class Batches {
    private final String model;
    private final BatchRunner runner;
    private final Events events;
    /** The mean time of a run of late, in nanoseconds. Threads that write it at the same time may lose a run of it. */
    private volatile long pace = Long.MAX_VALUE;

    Batches(String model, BatchRunner runner, Events events) {
        this.model = model;
        this.runner = runner;
        this.events = events;
    }

    /** Returns the mean time of a run of late, in nanoseconds; {@code Long.MAX_VALUE} before the first. */
    long pace() { return pace; }

    /** Gives up a request that nobody waits for. */
    void drop(Pending p) {
        p.discard();
        boolean late = p.left(System.nanoTime()) <= 0;
        if (late) p.outcome.completeExceptionally(new DeadlineExceededException(model, p.limit));
        events.rejected(late ? ServeListener.Rejection.DEADLINE : ServeListener.Rejection.CANCELLED);
    }

    void serve(List<Pending> batch) {
        long began = System.nanoTime(), rows = 0, accepted = Long.MAX_VALUE;
        for (Pending p : batch) {
            rows += p.rows;
            p.waited = began - p.accepted;
            accepted = Math.min(accepted, p.accepted - began);
        }
        var event = events.batched(batch.size(), rows, -accepted);
        List<Parcel> answers = null;
        Throwable error = null;
        try {
            answers = runner.run(batch);
        } catch (Throwable e) { // also an error: the worker has to live on
            error = e;
        }
        events.ended(batch.size(), event);
        if (answers != null) {
            long nanos = System.nanoTime() - began;
            pace = pace == Long.MAX_VALUE ? nanos : pace + (nanos - pace) / 8;
            events.ran(batch.size(), rows, nanos);
            for (int i = 0; i < batch.size(); i++) batch.get(i).complete(answers.get(i));
        } else if (batch.size() == 1) {
            Pending p = batch.getFirst();
            Throwable failure = Objects.requireNonNull(error);
            events.failed(failure);
            p.outcome.completeExceptionally(failure);
        } else {
            for (Pending p : batch) {
                if (p.isDead(System.nanoTime())) drop(p);
                else serve(List.of(p));
            }
        }
    }
}
