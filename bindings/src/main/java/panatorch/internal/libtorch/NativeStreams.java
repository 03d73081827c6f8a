package panatorch.internal.libtorch;

import java.util.function.BiFunction;
import java.util.function.Function;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceGuardImplInterface;
import org.bytedeco.pytorch.Stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Streams and events of a type of device. They are accessed through libtorch's device guards and JavaCPP, which catches C++ exceptions. A
 * stream is a device and a number that libtorch gave it; an event is one of the device's own library.
 */
public final class NativeStreams {
    private final byte type;
    private final DeviceGuardImplInterface devices;

    private NativeStreams(byte type) {
        this.type = type;
        devices = torch.getDeviceGuardImpl(type);
    }

    /**
     * Returns the streams of a type of device.
     *
     * @param type libtorch's number of a type for which {@code torch.hasDeviceGuardImpl} is true
     */
    public static NativeStreams of(int type) {
        return new NativeStreams((byte) type);
    }

    public int deviceCount() { return devices.deviceCount(); }

    public int currentDevice() {
        try (Device d = devices.getDevice()) {
            return d.index();
        }
    }

    /** Makes a device this thread's current one, and returns the previous one. */
    public int exchangeDevice(int index) {
        return onDevice(index, d -> {
            try (Device before = devices.exchangeDevice(d)) {
                return (int) before.index();
            }
        });
    }

    public void synchronizeDevice(int index) { devices.synchronizeDevice((byte) index); }

    public long current(int index) { return onDevice(index, d -> number(devices.getStream(d))); }

    public long byDefault(int index) { return onDevice(index, d -> number(devices.getDefaultStream(d))); }

    /**
     * Returns a stream of libtorch's pool.
     *
     * @param priority lower numbers are more urgent; 0 is the least urgent
     */
    public long pooled(int index, int priority) {
        return onDevice(index, d -> number(devices.getNewStream(d, priority)));
    }

    /** Makes a stream this thread's current one, and returns the previous one of that device. */
    public long exchange(int index, long stream) {
        return on(index, stream, (i, s) -> number(i.exchangeStream(s)));
    }

    public boolean query(int index, long stream) { return on(index, stream, DeviceGuardImplInterface::queryStream); }

    public boolean isCapturing(int index, long stream) { return on(index, stream, DeviceGuardImplInterface::isStreamCapturing); }

    public long handle(int index, long stream) { return on(index, stream, (i, s) -> address(i.getStreamNativeHandle(s))); }

    private static long address(Pointer p) { return p == null ? 0 : p.address(); }

    /** Keeps the tensor's memory from being reused before the present work on the stream is done. */
    public void recordUse(Tensor tensor, int index, long stream) {
        on(index, stream, (i, s) -> {
            tensor.record_stream(s);
            return true;
        });
    }

    public void synchronize(int index, long stream) {
        on(index, stream, (i, s) -> {
            i.synchronizeStream(s);
            return true;
        });
    }

    public void record(long event, int index, long stream) {
        on(index, stream, (i, s) -> {
            i.record(Borrowed.at(event), s, (byte) index, torch.EventFlag.BACKEND_DEFAULT.value);
            return true;
        });
    }

    /** Makes later work on the stream wait for the event. */
    public void block(long event, int index, long stream) {
        on(index, stream, (i, s) -> {
            i.block(Borrowed.at(event), s);
            return true;
        });
    }

    public boolean queryEvent(long event) { return devices.queryEvent(Borrowed.at(event)); }

    public void synchronizeEvent(long event) { devices.synchronizeEvent(Borrowed.at(event)); }

    public double elapsedMillis(long from, long to, int index) {
        return devices.elapsedTime(Borrowed.at(from), Borrowed.at(to), (byte) index);
    }

    public void destroyEvent(long event, int index) { devices.destroyEvent(Borrowed.at(event), (byte) index); }

    private <T> T onDevice(int index, Function<Device, T> use) {
        try (var device = new Device(type, (byte) index)) {
            return use.apply(device);
        }
    }

    private <T> T on(int index, long stream, BiFunction<DeviceGuardImplInterface, Stream, T> use) {
        return onDevice(index, d -> {
            try (var s = new Stream(Stream.Unsafe.UNSAFE, d, stream)) {
                return use.apply(devices, s);
            }
        });
    }

    private static long number(Stream stream) {
        try (stream) {
            return stream.id();
        }
    }
}
