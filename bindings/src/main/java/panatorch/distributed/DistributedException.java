package panatorch.distributed;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.TorchException;

/** A failure of a store, a process group or a collective. Its message names the operation and the ranks that are missing. */
public final class DistributedException extends TorchException {
    private static final long serialVersionUID = 1;

    /** Why an operation failed. */
    public enum Reason {
        /** Not all ranks joined the group, or they disagree about it. */
        RENDEZVOUS,
        /** A rank or the store did not answer before the deadline. */
        TIMEOUT,
        /** The connection to a rank or to the store is lost. */
        PEER_LOST,
        /** The ranks called different collectives, or passed tensors of different types or shapes. */
        MISMATCH,
        /** libtorch refused the operation. */
        REFUSED
    }

    private final Reason reason;
    private final transient List<Integer> ranks;

    DistributedException(Reason reason, String message, List<Integer> ranks, @Nullable Throwable cause) {
        super("", message, cause);
        this.reason = reason;
        this.ranks = List.copyOf(ranks);
    }

    DistributedException(Reason reason, String message) { this(reason, message, List.of(), null); }

    /** Returns why the operation failed. */
    public Reason reason() { return reason; }

    /** Returns the ranks that are missing or disagree, in ascending order; empty if they are not known. */
    public List<Integer> ranks() {
        return ranks;
    }
}
