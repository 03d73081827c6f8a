package panatorch.distributed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.ValueLayout;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.internal.distributed.NativeGroup;
import panatorch.internal.distributed.NativeGroup.Route;
import panatorch.internal.distributed.NativeWork;

/**
 * Processes that run collectives together, over Gloo and on the CPU. All ranks call the same methods in the same order. Ranks in Python may
 * take part: {@code torch.distributed.init_process_group("gloo")}.
 *
 * <pre>{@code
 * try (var group = ProcessGroup.join()) {                // started by torchrun --no-python, srun or mpirun
 *     Tensor x = Torch.full(new long[] {3}, group.rank());
 *     group.allReduce(ReduceOp.SUM, x).await();          // x is the sum over all ranks
 * }
 * }</pre>
 *
 * <p>
 * Before a collective starts, the ranks compare its name and the types and shapes of its tensors, so that a difference is an exception on
 * every rank; in Gloo it would give wrong numbers or end the process. A collective therefore starts once all ranks have called it.
 * {@link Checks#NONE} skips this, and so does a group with ranks in Python.
 *
 * <p>
 * Every failure is a {@link DistributedException} on the calling thread. After one the group is broken, and each further call throws it
 * again: start the ranks anew from a checkpoint. Waits can be interrupted; an interrupt during a call of a collective, rather than during
 * {@link Work#await}, breaks the group too. One thread at a time may use a group, which is checked; other groups may be used in parallel.
 * Strided tensors are copied to contiguous memory and back. {@link #close} frees the connections.
 */
public final class ProcessGroup implements AutoCloseable {
    /** Whether the ranks compare their calls before each collective. */
    public enum Checks {
        NONE, ALL
    }

    /**
     * Settings of a group, which all ranks give alike.
     *
     * @param timeout the longest time that a collective may take, and the ranks may take to join
     * @param checks whether the ranks compare their calls
     * @param network the network interface, such as {@code eth0}; null for {@code GLOO_SOCKET_IFNAME}, or else the interface through which
     * the store's server is reached
     */
    public record Options(Duration timeout, Checks checks, @Nullable String network) {
        /** Checks the timeout. */
        public Options {
            if (timeout.toMillis() < 1) throw new IllegalArgumentException("a timeout must be at least 1 ms, not " + timeout);
        }

        /** Returns the usual settings: ten minutes, all checks, the interface of the route. */
        public static Options standard() {
            return new Options(Duration.ofMinutes(10), Checks.ALL, null);
        }

        /** Returns these settings with another timeout. */
        public Options timeout(Duration other) {
            return new Options(other, checks, network);
        }
    }

    /** The name of the group of all ranks, as in Python, and the beginning of the names of its subgroups. */
    private static final String DEFAULT = "0";
    private static final long SLICE_MILLIS = 100, QUIET_NANOS = 500_000_000;
    /** The bytes in which a rank describes a collective to the others. */
    private static final int DESCRIPTION = 256;

    private final Store store;
    private final boolean ownsStore;
    private final Membership members;
    private final String name;
    private final Options options;
    private final NativeGroup natives;
    private final @Nullable NativeGroup checking;
    private final boolean withPython;
    private final AtomicReference<@Nullable Thread> user = new AtomicReference<>();
    private @Nullable DistributedException failure;
    private long number;
    private int subgroups;
    private boolean closed;

    private ProcessGroup(Store store, boolean ownsStore, String name, int rank, int ranks, Options options) throws InterruptedException {
        this.store = store;
        this.ownsStore = ownsStore;
        this.name = name;
        this.options = options;
        Torch.empty(0).close(); // loads libtorch on this thread
        try (Store own = store.prefixed("default_pg"); Store named = own.prefixed(name + "/"); Store gloo = named.prefixed("cpu/");
                Store checks = named.prefixed("panatorch_checks")) {
            members = new Membership(named.prefixed("panatorch"), rank, ranks);
            try {
                members.join(ranks + " ranks and checks " + options.checks);
                natives = connect(named, gloo);
                withPython = !members.absent().isEmpty();
                checking = ranks > 1 && !withPython && options.checks == Checks.ALL ? connect(named, checks) : null;
            } catch (RuntimeException | InterruptedException e) {
                members.close();
                throw e;
            }
        }
    }

    /** Joins the group of all processes that the launcher has started, with the usual settings. */
    public static ProcessGroup join() throws InterruptedException {
        return join(Launch.environment(), Options.standard());
    }

    /**
     * Joins the group of all processes of a launch. Rank 0 serves the store.
     *
     * @throws DistributedException if not all ranks join before the timeout, or they disagree
     */
    public static ProcessGroup join(Launch launch, Options options) throws InterruptedException {
        boolean serve = launch.rank() == 0 && !launch.agentStore();
        Store store = Store.tcp(launch.master(), launch.port(), serve, serve ? 0 : launch.ranks(), options.timeout());
        try {
            if (!launch.agentStore()) return new ProcessGroup(store, true, DEFAULT, launch.rank(), launch.ranks(), options);
            // torchrun's store outlives its restarts, so each attempt has keys of its own.
            Store attempt = store.prefixed("/worker/attempt_" + launch.restarts());
            store.close();
            store = attempt;
            return new ProcessGroup(store, true, DEFAULT, launch.rank(), launch.ranks(), options);
        } catch (RuntimeException | InterruptedException e) {
            store.close();
            throw e;
        }
    }

    /**
     * Joins a group whose ranks meet in a store that no other group has used. The caller closes the store after the group.
     *
     * @throws IllegalArgumentException if the rank is not from 0 to {@code ranks} − 1
     * @throws DistributedException if not all ranks join before the timeout, or they disagree
     */
    public static ProcessGroup of(Store store, int rank, int ranks, Options options) throws InterruptedException {
        if (rank < 0 || rank >= ranks)
            throw new IllegalArgumentException("the rank must be from 0 to " + (ranks - 1) + ", not " + rank);
        return new ProcessGroup(store, false, DEFAULT, rank, ranks, options);
    }

    /**
     * Makes a group of some ranks. All ranks of this group call this method, with the same arguments. The caller closes the new group
     * before this one.
     *
     * @param members the ranks, of this group; the first becomes rank 0 of the new group
     * @return the new group, or empty on a rank that is no member
     * @throws IllegalArgumentException if there is no member, a rank is out of range, or a rank is there twice
     * @throws UnsupportedOperationException if there are ranks in Python, which name groups in another way
     * @throws DistributedException if not all members call this method before the timeout
     */
    public Optional<ProcessGroup> subgroup(int... members) throws InterruptedException {
        if (members.length == 0 || Arrays.stream(members).distinct().count() < members.length)
            throw new IllegalArgumentException("a group needs at least one rank, and each rank once, not " + Arrays.toString(members));
        for (int r : members) checkRank("a member", r);
        refusePython("a subgroup");
        return exclusively(() -> {
            String own = name + "." + ++subgroups;
            for (int i = 0; i < members.length; i++)
                if (members[i] == rank()) return Optional.of(new ProcessGroup(store, false, own, i, members.length, options));
            return Optional.<ProcessGroup>empty();
        });
    }

    /** Connects to all ranks, and stops waiting if another rank has published a failure. */
    private NativeGroup connect(Store named, Store backend) throws InterruptedException {
        Route route = route();
        var connecting = Deadlines.start(() -> new NativeGroup(named.natives(), backend.natives(), rank(), ranks(),
                options.timeout.toMillis(), route));
        long end = System.nanoTime() + options.timeout.plusSeconds(1).toNanos();
        while (true) {
            try {
                return connecting.get(SLICE_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                DistributedException other = members.published();
                if (other != null) throw other;
                if (System.nanoTime() > end) throw notJoined(e);
            } catch (ExecutionException e) {
                DistributedException other = members.published();
                throw other != null ? other : notJoined(e.getCause());
            }
        }
    }

    private DistributedException notJoined(@Nullable Throwable cause) throws InterruptedException {
        List<Integer> absent = members.absent();
        return members.publish(Reason.RENDEZVOUS, "Not all of " + ranks() + " ranks joined the group within " + options.timeout.toMillis()
                + " ms; missing" + (absent.isEmpty() ? " are connections" : ": ranks " + absent)
                + (cause == null ? "" : ". " + cause.getMessage()),
                absent, cause);
    }

    /** Gloo's own choice is the address of the host name, which often is 127.0.0.1. */
    private Route route() {
        String network = options.network != null ? options.network : System.getenv("GLOO_SOCKET_IFNAME");
        if (network != null || store.host().isEmpty()) return new Route(network, null);
        try (var socket = new DatagramSocket()) {
            socket.connect(new InetSocketAddress(store.host(), store.port()));
            return new Route(null, socket.getLocalAddress().getHostAddress());
        } catch (IOException | UncheckedIOException e) {
            return new Route(null, null);
        }
    }

    public int rank() { return members.rank; }

    public int ranks() { return members.ranks; }

    /** Returns whether some ranks are no PanaTorch processes. */
    public boolean withPython() { return withPython; }

    // ---- collectives

    /** Combines the tensors of all ranks into each of them. */
    public Work allReduce(ReduceOp op, Tensor inPlace) throws InterruptedException {
        check(op, inPlace);
        return inPlace("all-reduce " + op, inPlace, true, t -> natives.allReduce(op.code(), t));
    }

    /** Copies the tensor of rank {@code root} into those of all ranks. */
    public Work broadcast(int root, Tensor inPlace) throws InterruptedException {
        checkRank("the root", root);
        return inPlace("broadcast from rank " + root, inPlace, true, t -> natives.broadcast(root, t));
    }

    /** Combines the tensors of all ranks into that of rank {@code root}. Those of the other ranks have no defined values afterwards. */
    public Work reduce(ReduceOp op, int root, Tensor inPlace) throws InterruptedException {
        check(op, inPlace);
        checkRank("the root", root);
        return inPlace("reduce " + op + " to rank " + root, inPlace, true, t -> natives.reduce(op.code(), root, t));
    }

    /**
     * Puts the tensors of all ranks one after the other.
     *
     * @param into tensor with {@link #ranks} times the elements of {@code from}, such as [ranks · N, …]
     */
    public Work allGather(Tensor into, Tensor from) throws InterruptedException {
        checkSizes(into, from, ranks(), 1);
        return outOfPlace("all-gather", into, from, (to, own) -> natives.allGather(to.view(-1), own.view(-1)));
    }

    /**
     * Combines the tensors of all ranks, and leaves each rank with its part of the result.
     *
     * @param from tensor with {@link #ranks} times the elements of {@code into}, such as [ranks · N, …]
     */
    public Work reduceScatter(ReduceOp op, Tensor into, Tensor from) throws InterruptedException {
        check(op, from);
        checkSizes(into, from, 1, ranks());
        return outOfPlace("reduce-scatter " + op, into, from, (to, own) -> natives.reduceScatter(op.code(), to.view(-1), own.view(-1)));
    }

    /** Sends part r of {@code from} to rank r, whose part for this rank becomes part r of {@code into}: [ranks · N, …] both. */
    public Work allToAll(Tensor into, Tensor from) throws InterruptedException {
        checkSizes(into, from, 1, 1);
        if (from.dim() == 0 || from.size(0) % ranks() != 0 || into.dim() == 0 || into.size(0) != from.size(0))
            throw new IllegalArgumentException(
                    "the first dimension must be divisible by " + ranks() + " ranks and the same in both tensors, "
                            + from.describe() + " and " + into.describe());
        return outOfPlace("all-to-all", into, from, (to, own) -> natives.allToAll(to, own, new long[0], new long[0]));
    }

    /**
     * Puts the tensors of all ranks one after the other, on rank {@code root} only.
     *
     * @param into tensor with {@link #ranks} times the elements of {@code from}; ignored, and may be null, on the other ranks
     * @throws UnsupportedOperationException if there are ranks in Python, whose gather sends other messages; use {@link #allGather}
     */
    public Work gather(int root, @Nullable Tensor into, Tensor from) throws InterruptedException {
        refusePython("gather");
        checkRank("the root", root);
        Tensor to = rootTensor(root, into, from);
        return outOfPlace("gather to rank " + root, from.describe(), to, from, (t, own) -> natives.allToAll(t.view(-1), own.view(-1),
                rank() == root ? everywhere(own.numel()) : new long[ranks()], only(root, own.numel())));
    }

    /**
     * Sends part r of rank {@code root}'s tensor to rank r.
     *
     * @param from tensor with {@link #ranks} times the elements of {@code into}; ignored, and may be null, on the other ranks
     * @throws UnsupportedOperationException if there are ranks in Python, whose scatter sends other messages; use {@link #broadcast}
     */
    public Work scatter(int root, Tensor into, @Nullable Tensor from) throws InterruptedException {
        refusePython("scatter");
        checkRank("the root", root);
        Tensor own = rootTensor(root, from, into);
        return outOfPlace("scatter from rank " + root, into.describe(), into, own, (t, f) -> natives.allToAll(t.view(-1), f.view(-1),
                only(root, t.numel()), rank() == root ? everywhere(t.numel()) : new long[ranks()]));
    }

    private void refusePython(String what) {
        if (withPython) throw new UnsupportedOperationException(what + " is not possible with ranks in Python");
    }

    /** Returns the tensor of all ranks on the root, and an empty one elsewhere. */
    private Tensor rootTensor(int root, @Nullable Tensor all, Tensor part) {
        if (rank() != root) return part.newEmpty(0);
        if (all == null) throw new IllegalArgumentException("rank " + root + " needs a tensor with the elements of all ranks, not null");
        checkSizes(all, part, ranks(), 1);
        return all;
    }

    private long[] everywhere(long n) {
        var counts = new long[ranks()];
        Arrays.fill(counts, n);
        return counts;
    }

    private long[] only(int root, long n) {
        var counts = new long[ranks()];
        counts[root] = n;
        return counts;
    }

    /**
     * Waits until all ranks have called this method.
     *
     * @throws UnsupportedOperationException if there are ranks in Python, whose barrier sends other messages; use {@link #allReduce}
     */
    public void barrier() throws InterruptedException {
        refusePython("a barrier");
        try (var scope = Scope.open()) {
            inPlace("barrier", Torch.zeros(1), true, t -> natives.allReduce(ReduceOp.SUM.code(), t)).await();
        }
    }

    /**
     * Sends a tensor to one rank, which must receive it, and waits until it is sent.
     *
     * @param tag number that the receiver must give too, at least 0
     */
    public void send(int to, int tag, Tensor tensor) throws InterruptedException {
        checkPeer(to, tag);
        String what = "send with tag " + tag + " to rank " + to;
        if (checking != null) describe(what, tensor.describe(), t -> checking.send(to, tag, t));
        inPlace(what, tensor, false, t -> natives.send(to, tag, t)).await();
    }

    /**
     * Receives a tensor that one rank sends, and waits for it.
     *
     * @throws DistributedException if the other rank sends another type or shape
     */
    public void receive(int from, int tag, Tensor into) throws InterruptedException {
        checkPeer(from, tag);
        String what = "receive with tag " + tag + " from rank " + from;
        if (checking != null) {
            String sent = describe(what, "", t -> checking.receive(from, tag, t));
            if (!sent.equals(into.describe()))
                throw fail(Reason.MISMATCH, what, "rank " + from + " sends " + sent + ", but rank " + rank() + " receives into "
                        + into.describe(), List.of(from), null);
        }
        inPlace(what, into, false, t -> natives.receive(from, tag, t)).await();
    }

    // ---- how a collective runs

    @FunctionalInterface
    private interface Start {
        NativeWork with(Tensor tensor);
    }

    @FunctionalInterface
    private interface StartTwo {
        NativeWork with(Tensor into, Tensor from);
    }

    private Work inPlace(String what, Tensor tensor, boolean collective, Start start) throws InterruptedException {
        check(tensor);
        return exclusively(() -> {
            String numbered = collective ? compare(what, tensor.describe()) : what;
            try (var scope = Scope.open(); var off = NoGrad.enter()) {
                Tensor own = tensor.detach(), copy = plain(own);
                NativeWork work = start(numbered, () -> start.with(copy));
                return copy == own ? new Work(this, numbered, work, null, null)
                        : new Work(this, numbered, work, own.escape(), copy.escape());
            }
        });
    }

    private Work outOfPlace(String what, Tensor into, Tensor from, StartTwo start) throws InterruptedException {
        return outOfPlace(what, from.describe(), into, from, start);
    }

    private Work outOfPlace(String what, String tensors, Tensor into, Tensor from, StartTwo start) throws InterruptedException {
        check(into);
        check(from);
        return exclusively(() -> {
            String numbered = compare(what, tensors);
            try (var scope = Scope.open(); var off = NoGrad.enter()) {
                Tensor target = into.detach(), copy = plain(target), own = plain(from.detach());
                NativeWork work = start(numbered, () -> start.with(copy, own));
                return copy == target ? new Work(this, numbered, work, null, null)
                        : new Work(this, numbered, work, target.escape(), copy.escape());
            }
        });
    }

    /** Gloo reads the memory of a tensor from its first element on, whatever its strides. */
    private static Tensor plain(Tensor tensor) {
        return tensor.isContiguous() && !tensor.isConj() && !tensor.isNeg() ? tensor : tensor.resolveConj().resolveNeg().contiguous();
    }

    private NativeWork start(String what, Supplier<NativeWork> start) throws InterruptedException {
        try {
            return start.get();
        } catch (TorchException e) {
            throw fail(e, what);
        }
    }

    /** Compares a collective over all ranks, and returns its name with its number. */
    private String compare(String what, String tensors) throws InterruptedException {
        number++;
        String numbered = "#" + number + " " + what + " of " + tensors;
        NativeGroup by = checking;
        if (by == null) return numbered;
        try (var scope = Scope.open()) {
            Tensor mine = text(what + " of " + tensors), all = Torch.empty(DType.UINT8, ranks(), DESCRIPTION);
            awaitAndClose(start(numbered, () -> by.allGather(all.view(-1), mine)), numbered);
            var differing = new ArrayList<Integer>();
            var texts = new ArrayList<String>();
            String own = text(mine);
            for (int r = 0; r < ranks(); r++) {
                String theirs = text(all.select(0, r));
                texts.add("rank " + r + ": " + theirs);
                if (!theirs.equals(own)) differing.add(r);
            }
            if (!differing.isEmpty())
                throw fail(Reason.MISMATCH, "#" + number, "the ranks called different collectives: " + String.join("; ", texts), differing,
                        null);
        }
        return numbered;
    }

    /** Sends or receives a description of a message, and returns it. */
    private String describe(String what, String tensor, Start start) throws InterruptedException {
        return exclusively(() -> {
            try (var scope = Scope.open()) {
                Tensor text = text(tensor);
                awaitAndClose(start(what, () -> start.with(text)), what);
                return text(text);
            }
        });
    }

    private static Tensor text(String text) {
        var bytes = new byte[DESCRIPTION];
        byte[] all = text.getBytes(UTF_8);
        System.arraycopy(all, 0, bytes, 0, Math.min(all.length, DESCRIPTION));
        return Torch.tensor(bytes, DType.UINT8);
    }

    private static String text(Tensor tensor) {
        byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
        int length = 0;
        while (length < bytes.length && bytes[length] != 0) length++;
        return new String(bytes, 0, length, UTF_8);
    }

    private void awaitAndClose(NativeWork work, String what) throws InterruptedException {
        try (work) {
            await(work, what);
        } catch (InterruptedException e) {
            failure = new DistributedException(Reason.REFUSED, "This thread was interrupted in " + what + ", so the group is broken.");
            throw e;
        }
    }

    /** Waits in slices, between which it looks for interrupts and for failures of other ranks. */
    void await(NativeWork work, String what) throws InterruptedException {
        long begin = System.nanoTime(), end = begin + options.timeout.plusSeconds(1).toNanos();
        try {
            while (!work.await(SLICE_MILLIS)) {
                if (Thread.interrupted()) throw new InterruptedException("interrupted in " + what);
                if (System.nanoTime() - begin < QUIET_NANOS) continue;
                DistributedException other = members.published();
                if (other != null) throw failure = other;
                members.arrive(number);
                if (System.nanoTime() > end) throw fail(Reason.TIMEOUT, what, "timed out", List.of(), null);
            }
        } catch (DistributedException e) {
            failure = e;
            throw e;
        } catch (TorchException e) {
            throw fail(e, what);
        }
    }

    private DistributedException fail(TorchException e, String what) throws InterruptedException {
        String message = String.valueOf(e.getMessage());
        Reason reason = message.contains("Timed out") || message.contains("imeout") ? Reason.TIMEOUT
                : message.contains("onnection") || message.contains("Broken pipe") ? Reason.PEER_LOST : Reason.REFUSED;
        List<Integer> missing;
        try {
            DistributedException other = members.published();
            if (other != null) return failure = other;
            missing = reason == Reason.REFUSED ? List.of() : members.missing(number);
        } catch (DistributedException lost) {
            return failure = new DistributedException(Reason.PEER_LOST, what + " failed on rank " + rank()
                    + ", and the store's server, which usually is rank 0, does not answer. " + message, List.of(0), e);
        }
        return fail(reason, what, message, missing, e);
    }

    private DistributedException fail(Reason reason, String what, String message, List<Integer> ranks, @Nullable Throwable cause)
            throws InterruptedException {
        String missing = ranks.isEmpty() || reason == Reason.MISMATCH ? "" : "; missing: ranks " + ranks;
        String text = what + " failed on rank " + rank() + " of " + ranks() + missing + ": " + message;
        failure = new DistributedException(reason, text, ranks, cause);
        return failure = members.publish(reason, text, ranks, cause);
    }

    @FunctionalInterface
    private interface Action<T> {
        T run() throws InterruptedException;
    }

    private <T> T exclusively(Action<T> action) throws InterruptedException {
        Thread other = user.compareAndExchange(null, Thread.currentThread());
        if (other != null) throw new IllegalStateException("this group is used by " + other + " now; give each thread a group of its own");
        try {
            if (closed) throw new IllegalStateException("this group is closed");
            DistributedException first = failure;
            if (first != null)
                throw new DistributedException(first.reason(), "This group is broken. " + first.getMessage(), first.ranks(), first);
            return action.run();
        } finally {
            user.set(null);
        }
    }

    // ---- arguments

    private static void check(Tensor tensor) {
        if (tensor.layout() != Layout.STRIDED || tensor.device().type() != Device.Type.CPU)
            throw new IllegalArgumentException("Gloo takes strided tensors on the CPU, not " + tensor.describe() + " of layout "
                    + tensor.layout() + " on " + tensor.device());
    }

    private static void check(ReduceOp op, Tensor tensor) {
        boolean inexact = tensor.isFloatingPoint() || tensor.isComplex();
        if (op == ReduceOp.AVG && !inexact || op.isBitwise() && inexact)
            throw new IllegalArgumentException(op + " is not defined for " + tensor.describe());
    }

    private static void checkSizes(Tensor into, Tensor from, int intoParts, int fromParts) {
        if (into.dtype() != from.dtype() || into.numel() * fromParts != from.numel() * intoParts)
            throw new IllegalArgumentException("the tensors must have one type, and " + intoParts + " to " + fromParts
                    + " elements, but they are " + into.describe() + " and " + from.describe());
    }

    private void checkRank(String what, int rank) {
        if (rank < 0 || rank >= ranks())
            throw new IllegalArgumentException(what + " must be a rank from 0 to " + (ranks() - 1) + ", not " + rank);
    }

    private void checkPeer(int peer, int tag) {
        checkRank("the other rank", peer);
        if (peer == rank()) throw new IllegalArgumentException("rank " + peer + " cannot exchange a message with itself");
        if (tag < 0) throw new IllegalArgumentException("a tag must be at least 0, not " + tag);
    }

    /** Closes the connections. The last calls of all ranks must be done. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        try {
            if (failure == null && !withPython) members.leave(rank() == 0 && ownsStore);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (DistributedException e) {
            // The store's server has left before.
        } finally {
            if (checking != null) checking.close();
            natives.close();
            members.close();
            if (ownsStore) store.close();
        }
    }
}
