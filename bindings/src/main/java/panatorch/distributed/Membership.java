package panatorch.distributed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.distributed.DistributedException.Reason;

/** What the ranks of a group tell each other through the store: that they joined, how far they are, and why the group failed. */
final class Membership implements AutoCloseable {
    /** How long a rank waits for the others to say how far they are, once it has failed. */
    private static final Duration ANSWERS = Duration.ofSeconds(1);
    /** How long the store's server stays for ranks that have not yet heard of a failure. */
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(3);
    private static final String FAILURE = "failure", TERMS = "terms", CONNECTED = "connected";

    private final Store store;
    final int rank, ranks;

    Membership(Store store, int rank, int ranks) {
        this.store = store;
        this.rank = rank;
        this.ranks = ranks;
    }

    /**
     * Tells the others that this rank is here.
     *
     * @param terms what all ranks must agree on
     * @throws DistributedException if another process has this rank, or the first rank has other terms
     */
    void join(String terms) throws InterruptedException {
        String first = new String(store.setIfAbsent(TERMS, terms.getBytes(UTF_8)), UTF_8);
        if (!first.equals(terms))
            throw publish(Reason.RENDEZVOUS, "Rank " + rank + " has " + terms + ", but another rank has " + first + ".", List.of(rank),
                    null);
        if (store.add(joined(rank), 1) > 1)
            throw publish(Reason.RENDEZVOUS, "Two processes have rank " + rank + "; give each one a RANK of its own.", List.of(rank), null);
    }

    /** Tells the others that this rank is connected to all of them. */
    void connected() throws InterruptedException {
        store.add(CONNECTED, 1);
    }

    boolean allConnected() throws InterruptedException { return store.add(CONNECTED, 0) >= ranks; }

    private static String joined(int rank) { return "joined/" + rank; }

    /** Returns the ranks that have not joined. Ranks in Python never do. */
    List<Integer> absent() throws InterruptedException {
        var absent = new ArrayList<Integer>();
        for (int r = 0; r < ranks; r++) if (!store.has(joined(r))) absent.add(r);
        return absent;
    }

    /** Tells the others that this rank has come to a collective. */
    void arrive(long number) throws InterruptedException {
        store.set("at/" + rank, Long.toString(number).getBytes(UTF_8));
    }

    /** Returns the ranks that do not say, within a second, that they have come to a collective. */
    List<Integer> missing(long number) throws InterruptedException {
        arrive(number);
        long end = System.nanoTime() + ANSWERS.toNanos();
        while (true) {
            var missing = new ArrayList<Integer>();
            for (int r = 0; r < ranks; r++) if (!hasArrived(r, number)) missing.add(r);
            if (missing.isEmpty() || System.nanoTime() > end) return missing;
            Thread.sleep(50);
        }
    }

    private boolean hasArrived(int r, long number) throws InterruptedException {
        String key = "at/" + r;
        return store.has(key) && Long.parseLong(new String(store.get(key), UTF_8)) >= number;
    }

    /** Returns the exception that says why the group failed, after telling the other ranks. */
    DistributedException publish(Reason reason, String message, List<Integer> ranks, @Nullable Throwable cause)
            throws InterruptedException {
        String names = String.join(",", ranks.stream().map(String::valueOf).toList());
        store.setIfAbsent(FAILURE, (reason + "\n" + names + "\n" + message).getBytes(UTF_8));
        return new DistributedException(reason, message, ranks, cause);
    }

    /** Returns the failure that another rank has met, or null. */
    @Nullable DistributedException published() throws InterruptedException {
        if (!store.has(FAILURE)) return null;
        String[] parts = new String(store.get(FAILURE), UTF_8).split("\n", 3);
        var ranks = parts[1].isEmpty() ? List.<Integer>of() : Arrays.stream(parts[1].split(",")).map(Integer::valueOf).toList();
        return new DistributedException(Reason.valueOf(parts[0]), parts[2], ranks, null);
    }

    /**
     * Waits a little for the other ranks to leave, so that the store that this process serves outlives their last calls: after a failure
     * they ask it which rank was lost.
     *
     * @param lost the ranks of the group's failure, which never leave; null if there was none
     */
    void leave(boolean serves, @Nullable List<Integer> lost) throws InterruptedException {
        if (lost != null && lost.contains(0)) return; // the server may be rank 0, which does not answer
        store.add("left", 1);
        int others = ranks - (lost == null ? 0 : lost.size());
        long end = System.nanoTime() + (lost == null ? ANSWERS : AFTER_FAILURE).toNanos();
        while (serves && store.add("left", 0) < others && System.nanoTime() < end) Thread.sleep(5);
    }

    @Override public void close() { store.close(); }
}
