package panatorch.serve;

import java.util.concurrent.RejectedExecutionException;

/** Thrown when as many requests wait as {@link ServeOptions#queue} allows. The request was not accepted; try again later. */
public final class QueueFullException extends RejectedExecutionException {
    private static final long serialVersionUID = 1;

    QueueFullException(String model, int limit) {
        super("the queue of " + model + " is full: " + limit + " requests wait; try again later, or allow more by ServeOptions.queue");
    }
}
