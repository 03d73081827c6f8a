package panatorch.distributed;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.internal.distributed.Descriptions;
import panatorch.internal.distributed.GroupNames;
import panatorch.internal.distributed.NativeGroup;

/**
 * Processes that run collectives together: over Gloo for tensors on the CPU, and over NCCL for tensors on GPUs. All ranks call the same
 * methods in the same order. Ranks in Python may take part: {@code torch.distributed.init_process_group("gloo")}, or
 * {@code "cpu:gloo,cuda:nccl"}.
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
 *
 * <p>
 * <b>GPUs.</b> Each rank takes part with one GPU, its {@link #device}, which no other rank has. {@link Backend} says when NCCL is used. A
 * collective on a GPU comes after the work that the current stream has when it is called. {@link Work#await} lets this thread wait until it
 * is done, and later work on the current stream comes after it; in Python only the stream waits. libtorch's watchdog thread, which ends a
 * process in Python, aborts NCCL's connections here, unless the environment variables {@code TORCH_NCCL_…} say otherwise.
 */
public final class ProcessGroup implements AutoCloseable {
    /** Whether the ranks compare their calls before each collective. */
    public enum Checks {
        NONE, ALL
    }

    /** The backend of tensors on GPUs. Those on the CPU go through Gloo in any case. */
    public enum Backend {
        /**
         * NCCL if every rank has natives with CUDA and a GPU of its own, and otherwise none. GPUs are connected at their first collective.
         */
        AUTOMATIC,
        /** None: tensors on GPUs are refused. */
        GLOO,
        /** NCCL. If a rank cannot use it, all ranks get an exception that says why. The ranks connect their GPUs when they join. */
        NCCL
    }

    /**
     * Settings of a group, which all ranks give alike, but for the device.
     *
     * @param timeout the longest time that a collective may take, and the ranks may take to join
     * @param checks whether the ranks compare their calls
     * @param network the network interface, such as {@code eth0}; null for {@code GLOO_SOCKET_IFNAME}, or else the interface through which
     * the store's server is reached. NCCL reads {@code NCCL_SOCKET_IFNAME}
     * @param backend the backend of tensors on GPUs
     * @param device this rank's GPU, with its number; null for that of the rank's number on its machine, {@code LOCAL_RANK}, or for the
     * current one if no launcher tells that number
     */
    public record Options(Duration timeout, Checks checks, @Nullable String network, Backend backend, @Nullable Device device) {
        /** Checks the timeout and the device. */
        public Options {
            if (timeout.toMillis() < 1) throw new IllegalArgumentException("a timeout must be at least 1 ms, not " + timeout);
            if (device != null && (device.type() != Device.Type.CUDA || device.index() < 0))
                throw new IllegalArgumentException("the device of a rank must be a GPU with its number, such as cuda:0, not " + device);
        }

        /** Makes settings with the usual backend and device. */
        public Options(Duration timeout, Checks checks, @Nullable String network) {
            this(timeout, checks, network, Backend.AUTOMATIC, null);
        }

        /** Returns the usual settings: ten minutes, all checks, the interface of the route. */
        public static Options standard() {
            return new Options(Duration.ofMinutes(10), Checks.ALL, null);
        }

        /** Returns these settings with another timeout. */
        public Options timeout(Duration other) {
            return new Options(other, checks, network, backend, device);
        }

        /** Returns these settings with another backend of tensors on GPUs. */
        public Options backend(Backend other) {
            return new Options(timeout, checks, network, other, device);
        }

        /** Returns these settings with another GPU of this rank. */
        public Options device(Device other) {
            return new Options(timeout, checks, network, backend, other);
        }
    }

    /** The name of the group of all ranks, as in Python, and the beginning of the names of its subgroups. */
    private static final String DEFAULT = "0";

    /** Version of what the ranks tell each other beside c10d's own messages. Another one on one rank is an error on all. */
    private static final int MESSAGES = 2;
    /** NCCL's own limit comes later than that of {@link Calls}, which knows the missing ranks. */
    private static final Duration NCCL_MARGIN = Duration.ofSeconds(30);

    private final Store store;
    private final boolean ownsStore;
    private final Membership members;
    private final String name;
    private final Options options;
    private final NativeGroup natives;
    private final @Nullable Comparison comparison;
    private final Calls calls;
    private final boolean withPython;
    private final Device device;
    private final int localRank;
    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private int subgroups;

    /** @param localRank number of this rank among those of its machine; negative if it is not known */
    private ProcessGroup(Store store, boolean ownsStore, String name, int rank, int ranks, int localRank, Options options)
            throws InterruptedException {
        this.store = store;
        this.ownsStore = ownsStore;
        this.name = name;
        this.options = options;
        this.localRank = localRank;
        Torch.empty(0).close(); // loads libtorch on this thread
        try (Store own = store.prefixed("default_pg"); Store named = own.prefixed(name + "/"); Store gloo = named.prefixed("cpu/");
                Store gpu = named.prefixed("cuda/"); Store gpus = named.prefixed("panatorch_gpus");
                Store checks = named.prefixed("panatorch_checks")) {
            members = new Membership(named.prefixed("panatorch"), rank, ranks);
            try {
                members.join(ranks + " ranks, checks " + options.checks + ", backend " + options.backend + ", libtorch " + Torch.version()
                        + " and messages of version " + MESSAGES);
                RankDevice mine = RankDevice.of(options, localRank);
                gpus.set(Integer.toString(rank), mine.described().getBytes(UTF_8));
                var connector = new Connector(store, members, options.timeout, options.network);
                natives = connector.connect(named, gloo);
                withPython = !members.absent().isEmpty();
                boolean compares = ranks > 1 && !withPython && options.checks == Checks.ALL;
                comparison = compares ? new Comparison(connector.connect(named, checks), ranks) : null;
                if (!withPython) connector.awaitOthers();
                RankDevice agreed = mine.agreed(withPython ? List.of(mine.described()) : texts(gpus, ranks));
                device = agreed.device();
                if (agreed.isGpu()) natives.addNccl(gpu.natives(), rank, ranks, options.timeout.plus(NCCL_MARGIN).toMillis());
                calls = new Calls(members, options.timeout, comparison, natives, agreed, withPython); // Python's ranks connect otherwise
                if (agreed.isGpu() && options.backend == Backend.NCCL && !withPython) calls.connect("the connection of " + device);
            } catch (RuntimeException | InterruptedException e) {
                members.close();
                throw e;
            }
        }
    }

    private static List<String> texts(Store store, int ranks) throws InterruptedException {
        var texts = new ArrayList<String>();
        for (int r = 0; r < ranks; r++) texts.add(new String(store.get(Integer.toString(r)), UTF_8));
        return texts;
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
            if (!launch.agentStore()) return join(store, launch, options);
            // torchrun's store outlives its restarts, so each attempt has keys of its own.
            Store attempt = store.prefixed("/worker/attempt_" + launch.restarts());
            store.close();
            store = attempt;
            return join(store, launch, options);
        } catch (RuntimeException | InterruptedException e) {
            store.close();
            throw e;
        }
    }

    private static ProcessGroup join(Store store, Launch launch, Options options) throws InterruptedException {
        return new ProcessGroup(store, true, DEFAULT, launch.rank(), launch.ranks(), launch.localRank(), options);
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
        return new ProcessGroup(store, false, DEFAULT, rank, ranks, -1, options);
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
        for (int r : members) Arguments.checkRank("a member", r, ranks());
        refusePython("a subgroup");
        return calls.exclusively(() -> {
            String own = name + "." + ++subgroups;
            Options same = device.type() == Device.Type.CPU ? options : options.device(device);
            for (int i = 0; i < members.length; i++)
                if (members[i] == rank()) return Optional.of(new ProcessGroup(store, false, own, i, members.length, localRank, same));
            return Optional.<ProcessGroup>empty();
        });
    }

    public int rank() { return members.rank; }

    public int ranks() { return members.ranks; }

    /**
     * Returns the device for this rank's model and data: its GPU, with which it takes part in collectives, or the CPU if the group has no
     * NCCL. Tensors on the CPU may take part in any case.
     */
    public Device device() { return device; }

    /**
     * Makes this group known in this process under a name, until it is closed, so that libtorch's functional collectives find it.
     *
     * <pre>{@code
     * group.register("world");
     * Tensor sum = (Tensor) Operators.call("_c10d_functional::all_reduce", x, "sum", "world").getFirst();
     * Operators.call("_c10d_functional::wait_tensor", sum);
     * }</pre>
     *
     * <p>
     * Calls by name are not compared between the ranks, and their failures are those of libtorch.
     *
     * @throws TorchException if another group of this process has the name
     * @throws UnsupportedOperationException on other systems than Linux
     */
    public void register(String name) {
        GroupNames.register(name, natives);
        names.add(name);
    }

    /** Returns whether some ranks are no PanaTorch processes. */
    public boolean withPython() { return withPython; }

    // ---- collectives

    /** Combines the tensors of all ranks into each of them. */
    public Work allReduce(ReduceOp op, Tensor inPlace) throws InterruptedException {
        Arguments.check(op, inPlace);
        return calls.inPlace("all-reduce " + op, inPlace, t -> natives.allReduce(op.code(), t));
    }

    /** Copies the tensor of rank {@code root} into those of all ranks. */
    public Work broadcast(int root, Tensor inPlace) throws InterruptedException {
        Arguments.checkRank("the root", root, ranks());
        return calls.inPlace("broadcast from rank " + root, inPlace, t -> natives.broadcast(root, t));
    }

    /** Combines the tensors of all ranks into that of rank {@code root}. Those of the other ranks have no defined values afterwards. */
    public Work reduce(ReduceOp op, int root, Tensor inPlace) throws InterruptedException {
        Arguments.check(op, inPlace);
        Arguments.checkRank("the root", root, ranks());
        return calls.inPlace("reduce " + op + " to rank " + root, inPlace, t -> natives.reduce(op.code(), root, t));
    }

    /**
     * Puts the tensors of all ranks one after the other.
     *
     * @param into tensor with {@link #ranks} times the elements of {@code from}, such as [ranks · N, …]
     */
    public Work allGather(Tensor into, Tensor from) throws InterruptedException {
        Arguments.checkSizes(into, from, ranks(), 1);
        return calls.outOfPlace("all-gather", Descriptions.of(from), into, from, (to, own) -> natives.allGather(to.view(-1), own.view(-1)));
    }

    /**
     * Combines the tensors of all ranks, and leaves each rank with its part of the result.
     *
     * @param from tensor with {@link #ranks} times the elements of {@code into}, such as [ranks · N, …]
     */
    public Work reduceScatter(ReduceOp op, Tensor into, Tensor from) throws InterruptedException {
        Arguments.check(op, from);
        Arguments.checkSizes(into, from, 1, ranks());
        return calls.outOfPlace("reduce-scatter " + op, Descriptions.of(from), into, from,
                (to, own) -> natives.reduceScatter(op.code(), to.view(-1), own.view(-1)));
    }

    /** Sends part r of {@code from} to rank r, whose part for this rank becomes part r of {@code into}: [ranks · N, …] both. */
    public Work allToAll(Tensor into, Tensor from) throws InterruptedException {
        Arguments.checkSizes(into, from, 1, 1);
        if (from.dim() == 0 || from.size(0) % ranks() != 0 || into.dim() == 0 || into.size(0) != from.size(0))
            throw new IllegalArgumentException(
                    "the first dimension must be divisible by " + ranks() + " ranks and the same in both tensors, "
                            + from.describe() + " and " + into.describe());
        return calls.outOfPlace("all-to-all", Descriptions.of(from), into, from,
                (to, own) -> natives.allToAll(to, own, new long[0], new long[0]));
    }

    /**
     * Puts the tensors of all ranks one after the other, on rank {@code root} only.
     *
     * @param into tensor with {@link #ranks} times the elements of {@code from}; ignored, and may be null, on the other ranks
     * @throws UnsupportedOperationException if there are ranks in Python, whose gather sends other messages; use {@link #allGather}
     */
    public Work gather(int root, @Nullable Tensor into, Tensor from) throws InterruptedException {
        refusePython("gather");
        return new Rooted(this, root).gather(into, from);
    }

    /**
     * Sends part r of rank {@code root}'s tensor to rank r.
     *
     * @param from tensor with {@link #ranks} times the elements of {@code into}; ignored, and may be null, on the other ranks
     * @throws UnsupportedOperationException if there are ranks in Python, whose scatter sends other messages; use {@link #broadcast}
     */
    public Work scatter(int root, Tensor into, @Nullable Tensor from) throws InterruptedException {
        refusePython("scatter");
        return new Rooted(this, root).scatter(into, from);
    }

    /**
     * Returns the texts of all ranks, in the order of the ranks.
     *
     * @throws UnsupportedOperationException if there are ranks in Python
     */
    public List<String> allGather(String text) throws InterruptedException {
        refusePython("all-gather of texts");
        return Texts.allGather(this, text);
    }

    /**
     * Returns the named tensors of all ranks, in the order of the ranks. Each rank may have other names, types and shapes. The tensors of
     * other ranks belong to the current scope; those of this rank are the ones that were passed.
     *
     * @throws UnsupportedOperationException if there are ranks in Python
     */
    public List<Map<String, Tensor>> allGather(Map<String, Tensor> tensors) throws InterruptedException {
        refusePython("all-gather of named tensors");
        return NamedTensors.allGather(this, tensors);
    }

    /**
     * Copies many tensors of rank {@code root} to all ranks in few messages, and waits for them. Libtorch's {@code broadcast_coalesced} of
     * ranks in Python sends the same messages.
     *
     * @param inPlace tensors of the same types and shapes on all ranks, in the same order
     */
    public void broadcast(int root, List<Tensor> inPlace) throws InterruptedException {
        Arguments.checkRank("the root", root, ranks());
        Coalesced.broadcast(this, root, inPlace);
    }

    private void refusePython(String what) {
        if (withPython) throw new UnsupportedOperationException(what + " is not possible with ranks in Python");
    }

    /**
     * Waits until all ranks have called this method. If the group has used GPUs, or its backend is NCCL, it also waits for the work that
     * the ranks' current streams have then.
     *
     * @throws UnsupportedOperationException if there are ranks in Python, whose barrier sends other messages; use {@link #allReduce}
     */
    public void barrier() throws InterruptedException {
        refusePython("a barrier");
        try (var scope = Scope.open()) {
            Tensor any = Torch.zeros(calls.isConnected() ? device : Device.CPU, 1);
            calls.inPlace("barrier", any, t -> natives.allReduce(ReduceOp.SUM.code(), t)).await();
        }
    }

    /**
     * Sends a tensor to one rank, which must receive it, and waits until it is sent.
     *
     * @param tag number that the receiver must give too, at least 0; on GPUs without {@link Checks} messages arrive in their order instead
     */
    public void send(int to, int tag, Tensor tensor) throws InterruptedException {
        Arguments.checkPeer(to, tag, rank(), ranks());
        String what = "send with tag " + tag + " to rank " + to;
        if (comparison != null) comparison.send(calls, what, to, tag, tensor);
        calls.message(what, tensor, t -> natives.send(to, tag, t));
    }

    /**
     * Receives a tensor that one rank sends, and waits for it.
     *
     * @throws DistributedException if the other rank sends another type or shape
     */
    public void receive(int from, int tag, Tensor into) throws InterruptedException {
        Arguments.checkPeer(from, tag, rank(), ranks());
        String what = "receive with tag " + tag + " from rank " + from;
        if (comparison != null) comparison.receive(calls, what, from, tag, rank(), into);
        calls.message(what, into, t -> natives.receive(from, tag, t));
    }

    /**
     * Breaks this group because of an interrupt in a series of collectives that cannot go on, and leaves the thread interrupted.
     *
     * @return the failure, for methods that cannot throw an {@link InterruptedException}
     */
    public DistributedException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return calls.failures().take(new DistributedException(Reason.REFUSED,
                "This thread was interrupted in a collective, so the group is broken.", List.of(), e));
    }

    NativeGroup natives() { return natives; }

    Calls calls() { return calls; }

    /** Closes the connections. The last calls of all ranks must be done. Closing twice is harmless. */
    @Override public void close() {
        if (!calls.close()) return;
        try {
            if (!withPython) members.leave(rank() == 0 && ownsStore, calls.failures().lost());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (DistributedException e) {
            // The store's server has left before.
        } finally {
            names.forEach(GroupNames::unregister);
            closeGpu();
            if (comparison != null) comparison.close();
            natives.close();
            members.close();
            if (ownsStore) store.close();
        }
    }

    /** A rank that is lost now could keep the others here. Then the connections stay until the process ends. */
    private void closeGpu() {
        if (!calls.device().isGpu()) return;
        boolean healthy = calls.failures().lost() == null;
        try {
            Deadlines.call("closing the connections of " + device, options.timeout, () -> {
                natives.closeGpu(healthy);
                return healthy;
            });
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TorchException e) {
            // The connections are of no use any more.
        }
    }
}
