package panatorch;

import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.NativeStreams;

/**
 * A guard that makes a stream, and its device, this thread's current ones, as Python's {@code torch.cuda.stream}. A guard of the CPU's
 * stream changes nothing. Closing restores the previous ones. Guards close in the reverse order of their opening, on the thread that opened
 * them.
 *
 * <pre>{@code
 * Stream side = Stream.pooled(Device.CUDA), main = Stream.current(Device.CUDA);
 * side.waitStream(main);
 * try (var on = side.enter()) { … }
 * main.waitStream(side);
 * }</pre>
 */
public final class StreamGuard extends Mode {
    private final int device;
    private final long stream;
    /** Null for the CPU, whose only stream is always current. */
    private final @Nullable NativeStreams streams;
    private int deviceBefore;
    private long before;

    private StreamGuard(int device, long stream, @Nullable NativeStreams streams) {
        this.device = device;
        this.stream = stream;
        this.streams = streams;
        open();
    }

    /**
     * Makes a stream current on this thread; {@link panatorch.cuda.Stream#enter} is the usual way to call this.
     *
     * @param device the stream's device, with its number
     * @param stream libtorch's number of the stream, as {@link panatorch.cuda.Stream#id} returns it; 0 is the default stream
     */
    public static StreamGuard enter(Device device, long stream) {
        return new StreamGuard(device.index(), stream, device.type() == Device.Type.CPU ? null : NativeStreams.of(device.type().code()));
    }

    @Override void set() {
        if (streams == null) return;
        try {
            deviceBefore = streams.exchangeDevice(device);
            before = streams.exchange(device, stream);
        } catch (RuntimeException e) {
            throw NativeErrors.of(e);
        }
    }

    @Override void unset() {
        if (streams == null) return;
        try {
            streams.exchange(device, before);
            streams.exchangeDevice(deviceBefore);
        } catch (RuntimeException e) {
            throw NativeErrors.of(e);
        }
    }
}
