package panatorch.serve;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import panatorch.Tensor;

/** An accepted request. It owns tensors that share the memory of the caller's, until {@link #release}. */
final class Pending implements Comparable<Pending> {
    /** The sizes with which a request runs, besides the batch. Only requests of the same ones share a batch. */
    record Group(long[] sizes) {
        @Override public boolean equals(Object o) { return o instanceof Group g && Arrays.equals(sizes, g.sizes); }

        @Override public int hashCode() { return Arrays.hashCode(sizes); }
    }

    final List<Tensor> inputs;
    final long rows;
    /** The sizes of the symbols as the caller gave them, and as they run. */
    final long[] actual, padded;
    final Group group;
    final int priority;
    final long accepted = System.nanoTime();
    /** Time limit in nanoseconds; {@code Long.MAX_VALUE} for none. */
    final long limit;
    final CompletableFuture<Answer> future = new CompletableFuture<>();
    /** The request's place in the order of arrival. */
    long number;

    Pending(List<Tensor> inputs, long rows, long[] actual, long[] padded, boolean batched, int priority, long limit) {
        this.inputs = inputs;
        this.rows = rows;
        this.actual = actual;
        this.padded = padded;
        this.priority = priority;
        this.limit = limit;
        group = new Group(batched ? Arrays.copyOfRange(padded, 1, padded.length) : padded);
    }

    /** Returns the nanoseconds until the request is late; negative if it is. */
    long left(long now) {
        return limit == Long.MAX_VALUE ? Long.MAX_VALUE : limit - (now - accepted);
    }

    /** Returns whether nobody waits for the answer any more. */
    boolean isDead(long now) {
        return future.isDone() || left(now) <= 0;
    }

    @Override public int compareTo(Pending o) {
        int byPriority = Integer.compare(o.priority, priority);
        return byPriority != 0 ? byPriority : Long.compare(number, o.number);
    }

    void release() { inputs.forEach(Tensor::close); }
}
