package panatorch.distributed;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.TorchException;
import panatorch.distributed.DistributedException.Reason;

/** The first failure of a group. This rank tells the others of it, and each further call throws it again. One thread at a time. */
final class Failures {
    private final Membership members;
    private @Nullable DistributedException first;

    Failures(Membership members) { this.members = members; }

    /** Returns the ranks that the first failure names; null if there was none. */
    @Nullable List<Integer> lost() {
        return first == null ? null : first.ranks();
    }

    /** Throws the first failure again, if there was one. */
    void requireNone() {
        DistributedException e = first;
        if (e != null) throw new DistributedException(e.reason(), "This group is broken. " + e.getMessage(), e.ranks(), e);
    }

    /** Takes a failure of which the other ranks know, or need not know, and returns it. */
    DistributedException take(DistributedException failure) {
        return first = failure;
    }

    /**
     * Tells the other ranks how far this one is, and throws the failure that another rank has met, if there was one.
     *
     * @param what the operation
     * @param number the operation's number
     */
    void requireNoneElsewhere(String what, long number) throws InterruptedException {
        DistributedException other;
        try {
            other = members.published();
            if (other == null) members.arrive(number);
        } catch (DistributedException lost) {
            throw take(serverLost(what, lost, String.valueOf(lost.getMessage()), lost));
        }
        if (other != null) throw take(other);
    }

    private DistributedException serverLost(String what, DistributedException lost, String message, @Nullable Throwable cause) {
        return new DistributedException(lost.reason(), what + " failed on rank " + members.rank
                + ", and the store's server, which usually is rank 0, does not answer. " + message, List.of(0), cause);
    }

    /**
     * Returns the failure that an error of libtorch is, after telling the other ranks, or the one that another rank has met before.
     *
     * @param what the operation
     * @param number the operation's number, by which missing ranks are found
     */
    DistributedException of(TorchException e, String what, long number) throws InterruptedException {
        String message = String.valueOf(e.getMessage());
        return of(reason(message), what, number, message, e);
    }

    /** Returns the reason that an error of Gloo or NCCL tells. Communicators are aborted if nobody waits for a work that takes too long. */
    private static Reason reason(String message) {
        if (message.contains("imed out") || message.contains("imeout") || message.contains("communicator was aborted"))
            return Reason.TIMEOUT;
        boolean lost = message.contains("onnection") || message.contains("Broken pipe") || message.contains("remote process exited");
        return lost ? Reason.PEER_LOST : Reason.REFUSED;
    }

    /** Returns the failure of an operation that took too long, after telling the other ranks. */
    DistributedException timeout(String what, long number) throws InterruptedException {
        return of(Reason.TIMEOUT, what, number, "timed out", null);
    }

    private DistributedException of(Reason reason, String what, long number, String message, @Nullable Throwable cause)
            throws InterruptedException {
        List<Integer> missing;
        try {
            DistributedException other = members.published();
            if (other != null) return take(other);
            missing = reason == Reason.REFUSED ? List.of() : members.missing(number);
        } catch (DistributedException lost) {
            return take(serverLost(what, lost, message, cause));
        }
        return of(reason, what, message, missing, cause);
    }

    /** Returns a failure after telling the other ranks. */
    DistributedException of(Reason reason, String what, String message, List<Integer> ranks, @Nullable Throwable cause)
            throws InterruptedException {
        String missing = ranks.isEmpty() || reason == Reason.MISMATCH ? "" : "; missing: ranks " + ranks;
        String text = what + " failed on rank " + members.rank + " of " + members.ranks + missing + ": " + message;
        take(new DistributedException(reason, text, ranks, cause));
        return take(members.publish(reason, text, ranks, cause));
    }
}
