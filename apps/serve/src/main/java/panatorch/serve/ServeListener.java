package panatorch.serve;

import java.time.Duration;

/**
 * Hears what a {@link Served} model does, for metrics and logs. The methods are called on the threads of callers and workers, several at
 * once, and should return quickly. The defaults do nothing.
 */
public interface ServeListener {
    /** The reasons for which a request is not run. */
    enum Rejection {
        /** Too many requests waited. */
        QUEUE_FULL,
        /** Its time was over before it could run. */
        DEADLINE,
        /** Its caller gave it up. */
        CANCELLED,
        /** The model was closed. */
        CLOSED
    }

    /**
     * Called when a request was accepted.
     *
     * @param waiting number of requests that wait, this one included
     */
    default void queued(String model, int waiting) {}

    /**
     * Called before a batch runs.
     *
     * @param requests number of its requests
     * @param rows number of their rows
     * @param waited time for which the request that has waited longest did so
     */
    default void batched(String model, int requests, long rows, Duration waited) {}

    /**
     * Called when a batch has been answered.
     *
     * @param took time that it took to run
     */
    default void ran(String model, int requests, long rows, Duration took) {}

    /** Called when a request that ran by itself has failed. */
    default void failed(String model, Throwable error) {}

    /** Called when a request is not run. */
    default void rejected(String model, Rejection reason) {}
}
