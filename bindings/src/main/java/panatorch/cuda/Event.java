package panatorch.cuda;

import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.DeviceGuard;
import panatorch.JavaCpp;
import panatorch.internal.libtorch.CudaRuntime;

/**
 * A mark on a {@link Stream}: {@code torch.cuda.Event}. It happens when all work is done that was on the stream at the time of recording;
 * an event that was not recorded counts as happened. From its first recording it owns a few bytes of the driver, which only {@link #close}
 * frees. One thread at a time may record, wait and close.
 *
 * <pre>{@code
 * try (var start = Event.timing(); var end = Event.timing()) {
 *     start.record(stream);
 *     …
 *     end.record(stream);
 *     end.synchronize();
 *     double millis = start.elapsedTime(end);
 * }
 * }</pre>
 *
 * <p>
 * On the CPU's stream, where each call completes its work, an event happens when it is recorded.
 */
public final class Event implements AutoCloseable {
    private final boolean timing, blocking;
    private @Nullable Device device;
    /** CUDA's {@code cudaEvent_t}, 0 before the first recording and for the CPU. */
    private long event;
    private long recordedNanos;
    private boolean closed;

    /** Makes an event without timing, the cheapest kind and Python's default. */
    public Event() { this(false, false); }

    /**
     * Makes an event.
     *
     * @param timing whether {@link #elapsedTime} may be called
     * @param blocking whether {@link #synchronize} lets the thread sleep instead of polling
     */
    public Event(boolean timing, boolean blocking) {
        this.timing = timing;
        this.blocking = blocking;
    }

    /** Returns a new event that records the time at which it happens. */
    public static Event timing() { return new Event(true, false); }

    /**
     * Records this event on a stream, after the work that is on it now. An earlier recording is forgotten.
     *
     * @throws IllegalArgumentException if it was recorded on another device
     */
    public void record(Stream stream) {
        if (closed) throw new IllegalStateException("this event is closed");
        Device on = stream.device(), first = device;
        if (first != null && !first.equals(on))
            throw new IllegalArgumentException("the event was first recorded on " + first + " and cannot be recorded on " + on);
        if (stream.onCpu()) {
            recordedNanos = System.nanoTime();
        } else {
            if (event == 0) {
                try (var guard = DeviceGuard.enter(on)) {
                    event = JavaCpp.call(() -> CudaRuntime.createEvent(timing, blocking));
                }
            }
            JavaCpp.run(() -> Cuda.streams().record(event, on.index(), stream.id()));
        }
        device = on;
    }

    /** Returns whether the event has happened. */
    public boolean query() {
        return event == 0 || JavaCpp.call(() -> Cuda.streams().queryEvent(event));
    }

    /** Waits until this event has happened. */
    public void synchronize() {
        if (event != 0) JavaCpp.run(() -> Cuda.streams().synchronizeEvent(event));
    }

    /** Makes a stream wait for this event; see {@link Stream#waitEvent}. */
    void block(Stream stream) {
        if (event != 0 && !stream.onCpu()) JavaCpp.run(() -> Cuda.streams().block(event, stream.device().index(), stream.id()));
        else synchronize(); // the CPU's work waits by its caller waiting
    }

    /**
     * Returns the milliseconds from this event to {@code end}, to about half a microsecond.
     *
     * @throws IllegalStateException if one of them was made without timing or was not recorded, or if they are of different devices
     * @throws panatorch.TorchException if one of them has not happened yet
     */
    public double elapsedTime(Event end) {
        Device on = device;
        if (!timing || !end.timing)
            throw new IllegalStateException("both events must be made with timing to measure the time between them");
        if (on == null || end.device == null)
            throw new IllegalStateException("both events must be recorded before the time between them is asked for");
        if (!on.equals(end.device))
            throw new IllegalStateException(
                    "the time between events on different devices, " + on + " and " + end.device + ", cannot be measured");
        if (on.type() == Device.Type.CPU) return (end.recordedNanos - recordedNanos) * 1e-6;
        return JavaCpp.call(() -> Cuda.streams().elapsedMillis(event, end.event, on.index()));
    }

    /** Frees this event. Work on a stream that waits for it continues to wait. Closing twice is harmless. */
    @Override public void close() {
        closed = true;
        long e = event;
        event = 0;
        if (e != 0 && device instanceof Device on) JavaCpp.run(() -> Cuda.streams().destroyEvent(e, on.index()));
    }
}
