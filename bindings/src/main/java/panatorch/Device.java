package panatorch;

import org.jspecify.annotations.Nullable;

/**
 * A device that holds tensors and computes with them: the CPU, a GPU.
 *
 * @param index number of the device among those of its type; −1 for the current one
 */
public record Device(Type type, int index) {
    /** A kind of device. {@link #code} is libtorch's number of it. */
    public enum Type {
        CPU(0), CUDA(1), META(14), MPS(13), XPU(12);

        private final int code;

        Type(int code) { this.code = code; }

        public int code() { return code; }

        static Type ofCode(int code) {
            for (Type t : values()) if (t.code == code) return t;
            throw new IllegalArgumentException("unknown device type code " + code);
        }
    }

    public static final Device CPU = new Device(Type.CPU, -1);
    public static final Device META = new Device(Type.META, -1);
    /** The current CUDA device. */
    public static final Device CUDA = new Device(Type.CUDA, -1);

    public static Device cuda(int index) { return new Device(Type.CUDA, index); }

    /**
     * Returns the device with a name.
     *
     * @param text the name as PyTorch writes it: {@code cpu}, {@code cuda}, {@code cuda:1}
     */
    public static Device of(String text) {
        String[] parts = text.split(":", 2);
        try {
            return new Device(Type.valueOf(parts[0].toUpperCase(java.util.Locale.ROOT)),
                    parts.length == 1 ? -1 : Integer.parseInt(parts[1]));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("not a device: '" + text + "'; use for example cpu, cuda, cuda:0 or meta", e);
        }
    }

    /**
     * Makes this the device of tensors that this thread creates without one, until the guard is closed: Python's
     * {@code with torch.device("meta")}. {@link Torch#setDefaultDevice} says which factories that affects.
     *
     * <pre>{@code try (var on = Device.META.asDefault()) { net = new Linear(8, 2); } }</pre>
     */
    public Default asDefault() { return new Default(this); }

    /**
     * A guard of the default device. Closing restores the previous one; closing twice is harmless. Guards close in the reverse order of
     * their opening, on the thread that opened them.
     */
    public static final class Default implements AutoCloseable {
        private final Thread owner = Thread.currentThread();
        private final @Nullable Device before = DefaultDevice.get();
        private boolean closed;

        private Default(Device device) { DefaultDevice.set(device); }

        @Override public void close() {
            if (closed) return;
            if (Thread.currentThread() != owner)
                throw new WrongThreadException("this default device belongs to another thread; close it on the thread that set it");
            closed = true;
            DefaultDevice.set(before);
        }
    }

    /** Returns the device as the payload of an {@code IValue}: the byte of the type, then that of the index. */
    long payload() {
        return (type.code & 0xff) | (index & 0xff) << 8;
    }

    static Device ofPayload(long payload) { return new Device(Type.ofCode((int) payload & 0xff), (byte) (payload >> 8)); }

    @Override public String toString() { return type.name().toLowerCase(java.util.Locale.ROOT) + (index < 0 ? "" : ":" + index); }
}
