package panatorch;

import org.jspecify.annotations.Nullable;

/** The device on which a thread's factories create tensors if they are given none. */
final class DefaultDevice {
    private DefaultDevice() {}

    /**
     * False until a thread sets a device. It is not volatile, as a thread that has set none may see either value. So whoever never sets one
     * pays for the reading of a field.
     */
    private static boolean used;

    /** Returns this thread's default device, or null if it has set none. */
    static @Nullable Device get() {
        return used ? ThreadContext.current().defaultDevice : null;
    }

    static void set(@Nullable Device device) {
        if (device != null) used = true;
        if (used) ThreadContext.current().defaultDevice = device;
    }

    /** Moves a new tensor from the CPU to the default device. */
    static Tensor placed(Tensor made) {
        Device device = get();
        if (device == null || device.type() == Device.Type.CPU) return made;
        try (made) {
            return made.to(device);
        }
    }
}
