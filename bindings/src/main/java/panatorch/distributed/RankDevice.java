package panatorch.distributed;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.Layout;
import panatorch.Tensor;
import panatorch.TorchException;
import panatorch.cuda.Cuda;
import panatorch.cuda.Stream;
import panatorch.distributed.DistributedException.Reason;
import panatorch.distributed.ProcessGroup.Backend;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.libtorch.CudaDriver;

/**
 * The device with which a rank takes part in a group: its GPU, through NCCL, or the CPU alone, through Gloo.
 *
 * @param device the GPU with its number, or the CPU
 * @param identity what no other GPU has; empty if it is not known
 * @param problem why there is no GPU; null if there is one
 */
record RankDevice(Backend backend, Device device, String identity, @Nullable String problem) {
    private static final int UUID_BYTES = 16;
    /** The types that libtorch hands to NCCL. It sends complex numbers as pairs. */
    private static final EnumSet<DType> OF_NCCL = EnumSet.of(DType.INT8, DType.UINT8, DType.BOOL, DType.INT32, DType.INT64, DType.FLOAT16,
            DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64, DType.FLOAT8_E4M3FN, DType.FLOAT8_E5M2, DType.COMPLEX64, DType.COMPLEX128);

    private static RankDevice none(Backend backend, String problem) { return new RankDevice(backend, Device.CPU, "", problem); }

    /**
     * Chooses this rank's GPU, if it has one: that of the options, or else that of its number among the ranks of this machine, or else the
     * current one.
     *
     * @param localRank number of this rank among those of its machine; negative if it is not known
     */
    static RankDevice of(ProcessGroup.Options options, int localRank) {
        Backend backend = options.backend();
        if (backend == Backend.GLOO) return none(backend, "the group's backend is GLOO");
        String missing = NativeLibrary.loadNccl();
        if (missing != null) return none(backend, missing);
        try {
            return of(options, localRank, backend);
        } catch (TorchException e) {
            return none(backend, String.valueOf(e.getMessage())); // the driver fails
        }
    }

    private static RankDevice of(ProcessGroup.Options options, int localRank, Backend backend) {
        int gpus = Cuda.deviceCount();
        if (gpus == 0)
            return none(backend, "libtorch has CUDA but finds no GPU: the driver is missing or too old, or CUDA_VISIBLE_DEVICES hides it");
        Device named = options.device();
        if (named != null && named.index() >= gpus) return none(backend, "there is no " + named + ": libtorch found " + gpus + " GPUs");
        // Some launchers show each rank its own GPU only, as cuda:0.
        int own = gpus == 1 ? 0 : localRank;
        if (named == null && own >= gpus)
            return none(backend, "it is number " + localRank + " on its machine (LOCAL_RANK), which has " + gpus + " GPUs");
        Device device = named != null ? named : own < 0 ? Stream.current(Device.CUDA).device() : Device.cuda(own);
        return new RankDevice(backend, device, uuid(device.index()), null);
    }

    private static String uuid(int index) {
        CudaDriver driver = CudaDriver.find();
        if (driver == null) return "";
        try (var arena = Arena.ofConfined()) {
            MemorySegment handle = arena.allocate(JAVA_INT), uuid = arena.allocate(UUID_BYTES);
            boolean known = driver.init() == 0 && driver.device(handle, index) == 0 && driver.uuid(uuid, handle.get(JAVA_INT, 0)) == 0;
            return known ? HexFormat.of().formatHex(uuid.toArray(JAVA_BYTE)) : "";
        }
    }

    /** Returns what the other ranks must know. */
    String described() {
        return identity + "\t" + device + "\t" + (problem == null ? "" : problem);
    }

    /**
     * Returns this device, or the CPU if not every rank has a GPU of its own.
     *
     * @param described the devices of all ranks
     * @throws DistributedException if the backend is to be NCCL and cannot be; on every rank
     */
    RankDevice agreed(List<String> described) {
        String disagreement = backend == Backend.GLOO ? null : disagreement(described);
        if (disagreement == null) return this;
        if (backend == Backend.NCCL) throw new DistributedException(Reason.RENDEZVOUS, "NCCL cannot be used: " + disagreement);
        return none(backend, disagreement);
    }

    private static @Nullable String disagreement(List<String> described) {
        var owners = new HashMap<String, Integer>();
        for (int r = 0; r < described.size(); r++) {
            String[] own = described.get(r).split("\t", 3);
            if (!own[2].isEmpty()) return "rank " + r + " has no GPU: " + own[2];
            Integer other = own[0].isEmpty() ? null : owners.put(own[0], r);
            if (other != null)
                return "ranks " + other + " and " + r + " have the same GPU, which is " + described.get(other).split("\t", 3)[1]
                        + " of rank " + other + " and " + own[1] + " of rank " + r
                        + ". Start each rank with a LOCAL_RANK of its own, or pass Options.device";
        }
        return null;
    }

    boolean isGpu() { return problem == null; }

    /** @throws IllegalArgumentException if the group cannot take a tensor */
    void check(Tensor tensor) {
        Device on = tensor.device();
        if (tensor.layout() != Layout.STRIDED || on.type() != Device.Type.CPU && on.type() != Device.Type.CUDA)
            throw new IllegalArgumentException("a process group takes strided tensors on the CPU and on GPUs, not " + tensor.describe()
                    + " of layout " + tensor.layout());
        if (on.type() == Device.Type.CPU) return;
        if (problem != null)
            throw new IllegalArgumentException("this group takes tensors on the CPU only, not " + tensor.describe() + ", because "
                    + problem);
        if (!on.equals(device))
            throw new IllegalArgumentException("this rank takes part with " + device + ", and cannot send " + tensor.describe()
                    + ": move the tensor to the group's device(), or name another one by Options.device");
        if (!OF_NCCL.contains(tensor.dtype()))
            throw new IllegalArgumentException("NCCL does not send " + tensor.dtype() + ", the type of " + tensor.describe()
                    + ": convert the tensor, or move it to the CPU");
    }

    /** @throws IllegalArgumentException if the group cannot take the tensors of one collective */
    void check(Tensor into, Tensor from) {
        check(into);
        check(from);
        if (into.device().type() != from.device().type())
            throw new IllegalArgumentException("the tensors must be on one device, not on " + into.device() + " and " + from.device());
    }
}
