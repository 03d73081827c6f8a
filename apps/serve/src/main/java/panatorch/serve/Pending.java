package panatorch.serve;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import panatorch.Tensor;

/**
 * An accepted request. It owns a parcel with its inputs until a worker {@linkplain #open opens} it or {@linkplain #discard discards} it.
 */
final class Pending implements Comparable<Pending> {
    /** The sizes with which a request runs, besides the batch. Only requests of the same ones share a batch. */
    record Group(long[] sizes) {
        @Override public boolean equals(Object o) { return o instanceof Group g && Arrays.equals(sizes, g.sizes); }

        @Override public int hashCode() { return Arrays.hashCode(sizes); }
    }

    private Parcel parcel;
    /** The inputs, while the request runs. */
    List<Tensor> inputs = List.of();
    final long rows;
    /** The sizes of the symbols as the caller gave them, and as they run. */
    final long[] actual, padded;
    final Group group;
    final int priority;
    final long accepted = System.nanoTime();
    /** Time limit in nanoseconds; {@code Long.MAX_VALUE} for none. */
    final long limit;
    final CompletableFuture<Parcel> outcome = new CompletableFuture<>();
    /** How long the request had waited when its last run began, in nanoseconds. */
    long waited;
    /** The request's place in the order of arrival. */
    long number;

    Pending(Parcel parcel, long rows, long[] actual, long[] padded, boolean batched, int priority, long limit) {
        this.parcel = parcel;
        this.rows = rows;
        this.actual = actual;
        this.padded = padded;
        this.priority = priority;
        this.limit = limit;
        group = group(padded, batched);
    }

    /** Returns the group of requests that run with some sizes, the first of which is the batch if there are batches. */
    static Group group(long[] padded, boolean batched) {
        return new Group(batched ? Arrays.copyOfRange(padded, 1, padded.length) : padded);
    }

    /** Returns the nanoseconds until the request is late; negative if it is. */
    long left(long now) {
        return limit == Long.MAX_VALUE ? Long.MAX_VALUE : limit - (now - accepted);
    }

    /** Returns whether nobody waits for the answer any more. */
    boolean isDead(long now) {
        return outcome.isDone() || left(now) <= 0;
    }

    @Override public int compareTo(Pending o) {
        int byPriority = Integer.compare(o.priority, priority);
        return byPriority != 0 ? byPriority : Long.compare(number, o.number);
    }

    /** Hands the inputs over to the current scope. */
    void open() { inputs = parcel.open(); }

    /** Packs the inputs again, before their scope closes, for another run. */
    void pack() { parcel = Parcel.of(inputs); }

    void discard() { parcel.discard(); }

    /** Ends the request with its outputs, which nobody gets if nobody waits for them any more. */
    void complete(Parcel outputs) {
        if (!outcome.complete(outputs)) outputs.discard();
    }
}
