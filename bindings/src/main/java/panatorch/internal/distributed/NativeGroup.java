package panatorch.internal.distributed;

import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.AllToAllOptions;
import org.bytedeco.pytorch.AllgatherOptions;
import org.bytedeco.pytorch.AllreduceOptions;
import org.bytedeco.pytorch.BackendOptional;
import org.bytedeco.pytorch.BroadcastOptions;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.ProcessGroup;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.ReduceOp;
import org.bytedeco.pytorch.ReduceOptions;
import org.bytedeco.pytorch.ReduceScatterOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.JavaCpp;
import panatorch.Tensor;

/**
 * libtorch's process group over Gloo, and over NCCL for tensors on a GPU. Its methods start a collective; all but the constructor,
 * {@link #connectGpu} and {@link #closeGpu} return at once. One thread at a time.
 */
public final class NativeGroup implements AutoCloseable {
    private static final byte CPU = torch.DeviceType.CPU.value, GLOO = ProcessGroup.BackendType.GLOO.value,
            CUDA = torch.DeviceType.CUDA.value, NCCL = ProcessGroup.BackendType.NCCL.value;
    /** The number of threads that c10d gives Gloo. */
    private static final int THREADS = 2;

    private final ProcessGroup group;
    private final ProcessGroupGloo backend;
    private @Nullable NativeNccl nccl;
    private volatile boolean gpuClosed;

    /** How ranks reach this process: through a network interface, or by an address of it. Both null leave the choice to Gloo. */
    public record Route(@Nullable String network, @Nullable String address) {}

    /** Connects to all other ranks, which blocks for as long as one of them is missing, and {@code timeoutMillis} at most. */
    public NativeGroup(NativeStore store, NativeStore backendStore, int rank, int ranks, long timeoutMillis, Route route) {
        backend = JavaCpp.call(() -> {
            try (var timeout = new Milliseconds(timeoutMillis); var options = options(timeout, route)) {
                return new ProcessGroupGloo(backendStore.store(), rank, ranks, options);
            }
        });
        group = JavaCpp.call(() -> {
            var made = new ProcessGroup(store.store(), rank, ranks);
            try (var optional = new BackendOptional(backend)) {
                made.setDefaultBackend(GLOO);
                made.setBackend(CPU, GLOO, optional);
            }
            return made;
        });
    }

    private static ProcessGroupGloo.Options options(Milliseconds timeout, Route route) {
        if (route.network == null && route.address == null) return ProcessGroupGloo.Options.create_default(timeout);
        var options = ProcessGroupGloo.Options.create(timeout);
        try (var device = route.network != null ? ProcessGroupGloo.createDeviceForInterface(route.network)
                : ProcessGroupGloo.createDeviceForHostname(route.address); var devices = new GlooDeviceVector(device)) {
            options.devices(devices);
        }
        options.threads(THREADS);
        return options;
    }

    /**
     * Lets tensors on GPUs take part, as Python's {@code cpu:gloo,cuda:nccl}. {@code NativeLibrary.loadNccl} comes before.
     *
     * @param gpuStore store in which NCCL exchanges addresses
     * @param timeoutMillis the time after which a collective that nobody waits for is aborted
     */
    public void addNccl(NativeStore gpuStore, int rank, int ranks, long timeoutMillis) {
        var made = new NativeNccl(gpuStore, rank, ranks, timeoutMillis);
        JavaCpp.run(() -> {
            try (var optional = new BackendOptional(made.backend())) {
                group.setBackend(CUDA, NCCL, optional);
            }
        });
        nccl = made;
    }

    /** Connects a GPU with those of all other ranks, which blocks until they do the same. */
    public void connectGpu(int device) {
        Objects.requireNonNull(nccl).connect(device);
    }

    /** Throws an exception if collectives on GPUs have failed that nobody waited for. */
    public void requireNoGpuFailure() {
        if (nccl != null) nccl.requireNoFailure();
    }

    /**
     * Closes the connections between GPUs, which may block as long as other ranks do not do the same.
     *
     * @param healthy false to end collectives that still run
     */
    public void closeGpu(boolean healthy) {
        if (nccl == null) return;
        if (healthy) nccl.shutdown();
        else nccl.abort();
        gpuClosed = true;
    }

    private NativeWork work(Tensor tensor, Supplier<Work> start) {
        return new NativeWork(JavaCpp.call(start), tensor.device().type() == Device.Type.CUDA ? nccl : null);
    }

    private NativeWork work(Tensor tensor, Function<TensorVector, Work> start) {
        return work(tensor, () -> {
            try (var own = tensor.unwrap(); var vector = new TensorVector(own)) {
                return start.apply(vector);
            }
        });
    }

    public NativeWork allReduce(int op, Tensor inPlace) {
        return work(inPlace, v -> {
            try (var reduce = new ReduceOp((byte) op); var options = new AllreduceOptions()) {
                return group.allreduce(v, options.reduceOp(reduce));
            }
        });
    }

    public NativeWork broadcast(int root, Tensor inPlace) {
        return work(inPlace, v -> {
            try (var options = new BroadcastOptions()) {
                return group.broadcast(v, options.rootRank(root));
            }
        });
    }

    public NativeWork reduce(int op, int root, Tensor inPlace) {
        return work(inPlace, v -> {
            try (var reduce = new ReduceOp((byte) op); var options = new ReduceOptions()) {
                return group.reduce(v, options.reduceOp(reduce).rootRank(root));
            }
        });
    }

    public NativeWork allGather(Tensor into, Tensor from) {
        return work(into, () -> {
            try (var to = into.unwrap(); var own = from.unwrap(); var options = new AllgatherOptions()) {
                return group.all_gather_single(to, own, options);
            }
        });
    }

    public NativeWork reduceScatter(int op, Tensor into, Tensor from) {
        return work(into, () -> {
            try (var to = into.unwrap(); var own = from.unwrap(); var reduce = new ReduceOp((byte) op);
                    var options = new ReduceScatterOptions()) {
                return group.reduce_scatter_single(to, own, options.reduceOp(reduce));
            }
        });
    }

    /**
     * Exchanges rows of the first dimension.
     *
     * @param received number of rows from each rank; empty for the same number from and to all
     * @param sent number of rows to each rank, likewise
     */
    public NativeWork allToAll(Tensor into, Tensor from, long[] received, long[] sent) {
        return work(into, () -> {
            try (var to = into.unwrap(); var own = from.unwrap(); var in = new LongVector(received); var out = new LongVector(sent);
                    var options = new AllToAllOptions()) {
                return group.all_to_all_single(to, own, in, out, options);
            }
        });
    }

    public NativeWork send(int to, int tag, Tensor tensor) {
        return work(tensor, v -> group.send(v, to, tag));
    }

    public NativeWork receive(int from, int tag, Tensor into) {
        return work(into, v -> group.recv(v, from, tag));
    }

    ProcessGroup group() { return group; }

    /** Closes the connections once no work runs any more; those between GPUs are closed before. */
    @Override public void close() {
        JavaCpp.run(() -> {
            group.close();
            backend.close();
        });
        if (nccl != null && gpuClosed) nccl.close(); // else a thread may still be closing the connections
    }
}
