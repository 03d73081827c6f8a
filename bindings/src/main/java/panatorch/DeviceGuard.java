package panatorch;

import org.bytedeco.pytorch.DeviceGuardImplInterface;
import org.bytedeco.pytorch.global.torch;

/**
 * A guard that makes a device this thread's current one, as Python's {@code torch.cuda.device}: {@code cuda} without a number then means
 * this device. A guard of the CPU changes nothing, as there is only one. Closing restores the previous device. Guards close in the reverse
 * order of their opening, on the thread that opened them.
 */
public final class DeviceGuard extends Mode {
    private final Device device;
    private final DeviceGuardImplInterface devices;
    private byte before;

    private DeviceGuard(Device device, DeviceGuardImplInterface devices) {
        this.device = device;
        this.devices = devices;
        open();
    }

    /**
     * Makes {@code device} this thread's current device.
     *
     * @throws IllegalArgumentException if there is no such device, or {@code device} has no number and is not the CPU
     */
    public static DeviceGuard enter(Device device) {
        Startup.ensure();
        byte type = (byte) device.type().code();
        int count = torch.hasDeviceGuardImpl(type) ? torch.getDeviceGuardImpl(type).deviceCount() : 0;
        int index = device.type() == Device.Type.CPU ? 0 : device.index();
        if (index < 0) throw new IllegalArgumentException("name a device with its index, such as " + device + ":0, not " + device);
        if (index >= count)
            throw new IllegalArgumentException("there is no device " + device + ": libtorch found " + count + " devices of that type");
        return new DeviceGuard(device, torch.getDeviceGuardImpl(type));
    }

    @Override void set() {
        try (var current = devices.getDevice()) {
            before = current.index();
        }
        use((byte) Math.max(0, device.index()));
    }

    @Override void unset() { use(before); }

    private void use(byte index) {
        try (var d = new org.bytedeco.pytorch.Device((byte) device.type().code(), index)) {
            devices.setDevice(d);
        } catch (RuntimeException e) {
            throw NativeErrors.of(e);
        }
    }
}
