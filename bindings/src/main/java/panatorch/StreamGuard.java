package panatorch;

import org.jspecify.annotations.Nullable;
import panatorch.cuda.Stream;
import panatorch.internal.libtorch.NativeStreams;

/**
 * While open, what this thread computes on the stream's device goes onto that stream, and the device is the current one; Python's
 * {@code torch.cuda.stream}. Of the CPU's stream it changes nothing. Closing restores what was before; guards close in the reverse order of their
 * opening, on the thread that opened them.
 *
 * <pre>{@code
 * Stream side = Stream.pooled(Device.CUDA), main = Stream.current(Device.CUDA);
 * side.waitStream(main);
 * try (var on = side.enter()) { … }
 * main.waitStream(side);
 * }</pre>
 */
public final class StreamGuard extends Mode {
    private final Stream stream;
    private final @Nullable NativeStreams streams;
    private int deviceBefore;
    private long before;

    private StreamGuard(Stream stream, @Nullable NativeStreams streams) {
        this.stream = stream;
        this.streams = streams;
        open();
    }

    public static StreamGuard enter(Stream stream) {
        Device device = stream.device();
        return new StreamGuard(stream, device.type() == Device.Type.CPU ? null : NativeStreams.of(device.type().code()));
    }

    @Override void set() {
        if (streams == null) return;
        try {
            deviceBefore = streams.exchangeDevice(stream.device().index());
            before = streams.exchange(stream.device().index(), stream.id());
        } catch (RuntimeException e) {
            throw Errors.plain(e);
        }
    }

    @Override void unset() {
        if (streams == null) return;
        try {
            streams.exchange(stream.device().index(), before);
            streams.exchangeDevice(deviceBefore);
        } catch (RuntimeException e) {
            throw Errors.plain(e);
        }
    }
}
