package panatorch.cuda;

import java.util.Objects;
import panatorch.Device;
import panatorch.JavaCpp;
import panatorch.StreamGuard;
import panatorch.Tensor;
import panatorch.internal.libtorch.NativeStreams;

/**
 * A queue of GPU work: {@code torch.cuda.Stream}. Work on one stream is done in order; work on two streams runs independently, unless one
 * {@linkplain #waitEvent waits} for the other. libtorch owns the queues. This object only refers to one; objects that refer to the same
 * queue are equal, and any thread may use them. A thread computes on its current stream, which {@link #enter} changes.
 *
 * <p>
 * The CPU has one stream, on which all work is done when a call returns. The methods of this class never wait for it, and code for a GPU
 * runs on it unchanged.
 *
 * <p>
 * As soon as a tensor is freed, later work on the stream that it was made on may reuse its memory. If another stream uses the tensor,
 * either keep it until that stream was waited for, or call {@link #recordUse}.
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
     * Returns the default stream, on which a thread computes unless it enters another one.
     *
     * @throws IllegalStateException if there is no such device
     */
    public static Stream byDefault(Device device) { return named(device, NativeStreams::byDefault); }

    /**
     * Returns one of libtorch's 32 streams of priority 0, which it hands out in turn.
     *
     * @throws IllegalStateException if there is no such device
     */
    public static Stream pooled(Device device) { return pooled(device, 0); }

    /**
     * Returns one of libtorch's 32 streams of a priority, which it hands out in turn.
     *
     * @param priority 0, or for more urgent work −1 and lower, as far as the GPU supports it; others are taken for the nearest
     * @throws IllegalArgumentException if the priority is above 0
     */
    public static Stream pooled(Device device, int priority) {
        if (priority > 0)
            throw new IllegalArgumentException("the priority of a stream must be 0, or negative for a higher priority, not " + priority);
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

    /** Returns the stream's device, with its number. */
    public Device device() { return device; }

    /** Returns libtorch's number of the stream; 0 is the default stream. */
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

    /** Waits until all work that was put on this stream is done. */
    public void synchronize() {
        if (!onCpu()) JavaCpp.run(() -> Cuda.streams().synchronize(device.index(), id));
    }

    /** Returns whether a {@link CudaGraph} is being captured from this stream. */
    public boolean isCapturing() {
        return !onCpu() && JavaCpp.call(() -> Cuda.streams().isCapturing(device.index(), id));
    }

    /**
     * Makes later work on this stream wait until {@code event}, as last recorded, has happened. The caller does not wait.
     */
    public void waitEvent(Event event) {
        event.block(this);
    }

    /** Makes later work on this stream wait until all work that {@code other} has now is done. The caller does not wait. */
    public void waitStream(Stream other) {
        if (onCpu() || other.equals(this)) return;
        try (var event = new Event()) {
            event.record(other);
            waitEvent(event);
        }
    }

    /**
     * Keeps a tensor's memory after it is freed until all work that this stream has now is done: {@code tensor.record_stream}.
     *
     * @throws panatorch.TorchException if the tensor is on another type of device
     */
    public void recordUse(Tensor tensor) {
        if (onCpu()) return;
        JavaCpp.run(() -> {
            try (var own = tensor.unwrap()) {
                Cuda.streams().recordUse(own, device.index(), id);
            }
        });
    }

    /**
     * Returns CUDA's {@code cudaStream_t}, for use by other libraries; libtorch still owns it. It is 0 for the default stream and on the
     * CPU.
     */
    public long handle() {
        return onCpu() ? 0 : JavaCpp.call(() -> Cuda.streams().handle(device.index(), id));
    }

    @Override public boolean equals(Object o) { return o instanceof Stream s && s.id == id && s.device.equals(device); }

    @Override public int hashCode() { return Objects.hash(device, id); }

    @Override public String toString() { return "stream " + id + " of " + device; }
}
