package panatorch.distributed;

import java.util.ArrayList;
import java.util.List;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.DistributedException.Reason;
import panatorch.internal.distributed.Descriptions;
import panatorch.internal.distributed.NativeGroup;

/** Descriptions of calls that the ranks send each other before the calls start, over connections of their own. */
final class Comparison implements AutoCloseable {
    /** The bytes of a description; a longer one is cut. */
    private static final int BYTES = 256;

    private final NativeGroup natives;
    private final int ranks;

    Comparison(NativeGroup natives, int ranks) {
        this.natives = natives;
        this.ranks = ranks;
    }

    /**
     * Compares a collective over all ranks.
     *
     * @param numbered name of the collective for other errors
     * @param number name of the collective for a mismatch, of which the rest is in the descriptions
     * @throws DistributedException if not all ranks call it
     */
    void collective(Calls calls, String numbered, String number, String description) throws InterruptedException {
        try (var scope = Scope.open()) {
            Tensor mine = Texts.tensor(description, BYTES), all = Torch.empty(DType.UINT8, Device.CPU, ranks, BYTES);
            calls.awaitAndClose(calls.during(numbered, () -> natives.allGather(all.view(-1), mine)), numbered);
            var differing = new ArrayList<Integer>();
            var texts = new ArrayList<String>();
            String own = Texts.text(mine);
            for (int r = 0; r < ranks; r++) {
                String theirs = Texts.text(all.select(0, r));
                texts.add("rank " + r + ": " + theirs);
                if (!theirs.equals(own)) differing.add(r);
            }
            if (!differing.isEmpty())
                throw calls.failures().of(Reason.MISMATCH, number,
                        "the ranks called different collectives: " + String.join("; ", texts), differing, null);
        }
    }

    /** Tells the receiver of a message which tensor follows. */
    void send(Calls calls, String what, int to, int tag, Tensor tensor) throws InterruptedException {
        exchange(calls, what, Descriptions.of(tensor), t -> natives.send(to, tag, t));
    }

    /** @throws DistributedException if the sender sends another type or shape than that of {@code into} */
    void receive(Calls calls, String what, int from, int tag, int rank, Tensor into) throws InterruptedException {
        String sent = exchange(calls, what, "", t -> natives.receive(from, tag, t));
        if (!sent.equals(Descriptions.of(into)))
            throw calls.failures().of(Reason.MISMATCH, what, "rank " + from + " sends " + sent
                    + ", but rank " + rank + " receives into " + Descriptions.of(into), List.of(from), null);
    }

    private static String exchange(Calls calls, String what, String description, Calls.Start start) throws InterruptedException {
        return calls.exclusively(() -> {
            try (var scope = Scope.open()) {
                Tensor text = Texts.tensor(description, BYTES);
                calls.awaitAndClose(calls.during(what, () -> start.with(text)), what);
                return Texts.text(text);
            }
        });
    }

    @Override public void close() { natives.close(); }
}
