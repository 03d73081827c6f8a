package panatorch.cuda;

import java.util.Objects;
import panatorch.Device;
import panatorch.JavaCpp;
import panatorch.StreamGuard;
import panatorch.Tensor;
import panatorch.internal.libtorch.NativeStreams;

/**
 * A queue of work of a GPU: {@code torch.cuda.Stream}. What is on one stream is done in its order, what is on two at any time, unless one
 * {@linkplain #waitEvent waits} for the other. libtorch owns the queues; this is a name of one, equal to others of the same, and may be
 * used by any thread. A thread computes on its current stream, which {@link #enter} changes.
 *
 * <p>
 * The CPU has one stream, on which all is done when a call returns: nothing here waits for it, and code for a GPU runs on it unchanged.
 *
 * <p>
 * Memory of a tensor may be used again as soon as the tensor is freed, by what comes later on the stream that it was made on. A tensor that
 * another stream uses has to live until that stream is waited for, or {@link #recordUse} is told of it.
 */
public final class Stream {
    private final Device device;
    private final long id;

    private Stream(Device device, long id) {
        this.device = device;
        this.id = id;
    }

    /**
     * Returns the stream that this thread computes on.
     *
     * @throws IllegalStateException if there is no such device
     */
    public static Stream current(Device device) { return named(device, NativeStreams::current); }

    /**
     * Returns the stream that all threads compute on unless told otherwise.
     *
     * @throws IllegalStateException if there is no such device
     */
    public static Stream byDefault(Device device) { return named(device, NativeStreams::byDefault); }

    /**
     * Returns one of libtorch's 32 streams of this priority, which it hands out in turn.
     *
     * @throws IllegalStateException if there is no such device
     */
    public static Stream pooled(Device device) { return pooled(device, 0); }

    /**
     * @param priority 0, or for work that goes first −1 and what else below 0 the GPU knows; others are taken for the nearest
     * @throws IllegalArgumentException if the priority is above 0
     */
    public static Stream pooled(Device device, int priority) {
        if (priority > 0) throw new IllegalArgumentException("the priority of a stream is 0, or below 0 for more: " + priority);
        return named(device, (streams, index) -> streams.pooled(index, priority));
    }

    @FunctionalInterface
    private interface Source {
        long of(NativeStreams streams, int index);
    }

    private static Stream named(Device device, Source source) {
        if (device.type() == Device.Type.CPU) return new Stream(Device.CPU, 0);
        Device there = Cuda.numbered(device);
        return new Stream(there, JavaCpp.call(() -> source.of(Cuda.streams(), there.index())));
    }

    /** The stream's device, with its number. */
    public Device device() { return device; }

    /** libtorch's number of it; 0 is the default stream's. */
    public long id() { return id; }

    boolean onCpu() { return device.type() == Device.Type.CPU; }

    /** Makes this the current stream of this thread, and its device the current one, until the guard is closed. */
    public StreamGuard enter() {
        return StreamGuard.enter(device, id);
    }

    /** Returns whether all work that was put on this stream is done. */
    public boolean query() {
        return onCpu() || JavaCpp.call(() -> Cuda.streams().query(device.index(), id));
    }

    /** Waits until all that was put on it is done. */
    public void synchronize() {
        if (!onCpu()) JavaCpp.run(() -> Cuda.streams().synchronize(device.index(), id));
    }

    /** Returns whether a {@link CudaGraph} is being captured from it. */
    public boolean isCapturing() {
        return !onCpu() && JavaCpp.call(() -> Cuda.streams().isCapturing(device.index(), id));
    }

    /**
     * Has work that is put on this stream from now on begin when {@code event}, as last recorded, has happened. The caller does not wait.
     */
    public void waitEvent(Event event) {
        event.block(this);
    }

    /** Has work that is put on this stream from now on begin when all work that {@code other} has now is done. The caller does not wait. */
    public void waitStream(Stream other) {
        if (onCpu() || other.equals(this)) return;
        try (var event = new Event()) {
            event.record(other);
            waitEvent(event);
        }
    }

    /**
     * Keeps the tensor's memory, when it is freed, until all is done that this stream has now: {@code tensor.record_stream}.
     *
     * @throws panatorch.TorchException if it is of another type of device
     */
    public void recordUse(Tensor tensor) {
        if (onCpu()) return;
        JavaCpp.run(() -> {
            try (var own = tensor.unwrap()) {
                Cuda.streams().recordUse(own, device.index(), id);
            }
        });
    }

    /** CUDA's {@code cudaStream_t}, for other libraries; libtorch's own. 0 for the default stream and on the CPU. */
    public long handle() {
        return onCpu() ? 0 : JavaCpp.call(() -> Cuda.streams().handle(device.index(), id));
    }

    @Override public boolean equals(Object o) { return o instanceof Stream s && s.id == id && s.device.equals(device); }

    @Override public int hashCode() { return Objects.hash(device, id); }

    @Override public String toString() { return "stream " + id + " of " + device; }
}
