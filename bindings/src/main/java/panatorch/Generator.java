package panatorch;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.DeviceTypeOptional;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/**
 * A generator of random numbers. It is libtorch's own, so a seed gives the same numbers as in Python. {@link #close} frees it; otherwise
 * the garbage collector does, late. Only one thread at a time may draw from it or change its state.
 *
 * <p>
 * As in Python, the whole process shares the default generator of a device. {@link Torch#manualSeed} on one thread seeds it for all, and
 * threads that draw at the same time get numbers that depend on their order. A thread that needs repeatable numbers draws from its own
 * generator:
 *
 * <pre>{@code
 * try (var own = Generator.of(seed + worker)) {
 *     Tensor noise = Torch.randn(own, DType.FLOAT32, 8, 3);
 * }
 * }</pre>
 */
public final class Generator implements AutoCloseable {
    private final NativeObject owner;

    private Generator(org.bytedeco.pytorch.Generator holder) {
        long object = Memory.getLong(holder.address());
        References.retain(object);
        holder.deallocate(); // the default generator's holder is libtorch's own, and stays
        owner = new NativeObject(Tag.GENERATOR, object);
    }

    /** Takes over a reference. */
    Generator(long object) { owner = new NativeObject(Tag.GENERATOR, object); }

    /** Returns a new generator for operators on the CPU. */
    public static Generator of(long seed) {
        Startup.ensure();
        return new Generator(torch.make_generator_cpu(seed));
    }

    /**
     * Returns a new generator for operators on {@code device}.
     *
     * @throws TorchException if there is no such device here
     */
    public static Generator of(Device device, long seed) {
        if (device.type() == Device.Type.CPU) return of(seed);
        Startup.ensure();
        var type = torch.DeviceType.values()[0];
        for (var t : torch.DeviceType.values()) if (t.value == device.type().code()) type = t;
        try (var optional = new DeviceTypeOptional(type)) {
            torch.globalContext().lazyInitDevice(type);
            return new Generator(torch.globalContext().getAcceleratorHooksInterface(optional).getNewGenerator((byte) device.index()))
                    .manualSeed(seed);
        } catch (RuntimeException e) {
            throw NativeErrors.of(e);
        }
    }

    /** Returns the CPU's default generator, which operators of all threads draw from when none is given. */
    public static Generator global() {
        Startup.ensure();
        return new Generator(torch.getDefaultCPUGenerator());
    }

    /** Returns a device's default generator, which operators on {@code device} draw from when none is given. */
    public static Generator global(Device device) {
        Startup.ensure();
        try (var d = new org.bytedeco.pytorch.Device(device.toString())) {
            return new Generator(torch.globalContext().defaultGenerator(d));
        } catch (RuntimeException e) {
            throw NativeErrors.of(e);
        }
    }

    /** Returns the device whose operators can draw from this generator. */
    public Device device() {
        try (var d = view().device()) {
            return d.is_cpu() ? Device.CPU : new Device(Device.Type.ofCode(d.type().value), d.index());
        }
    }

    public Generator manualSeed(long seed) {
        view().set_current_seed(seed);
        return this;
    }

    /** Returns the seed that this generator was seeded with last: {@code torch.initial_seed()} of {@link #global()}. */
    public long initialSeed() {
        return view().current_seed();
    }

    /** Seeds this generator at random and returns the seed: {@code torch.seed()}. */
    public long seed() {
        return view().seed();
    }

    /**
     * Keeps the states of default generators until it is closed, PyTorch's {@code torch.random.fork_rng}: what is drawn meanwhile does not
     * change what is drawn afterwards.
     *
     * <pre>{@code
     * try (var fork = Generator.fork()) {
     *     Torch.manualSeed(0);
     *     …
     * }
     * }</pre>
     *
     * @param devices devices beside the CPU
     */
    public static Fork fork(Device... devices) {
        return new Fork(devices);
    }

    /** States of default generators, which {@link #close} restores. */
    public static final class Fork implements AutoCloseable {
        private final java.util.Map<Device, byte[]> states = new java.util.LinkedHashMap<>();

        private Fork(Device... devices) {
            keep(Device.CPU);
            for (Device d : devices) keep(d);
        }

        private void keep(Device device) {
            try (var generator = global(device)) {
                states.put(device, generator.stateBytes());
            }
        }

        /** Restores the states. Closing twice is harmless. */
        @Override public void close() {
            states.forEach((device, state) -> {
                try (var generator = global(device)) {
                    generator.setState(state);
                }
            });
            states.clear();
        }
    }

    /** Returns the whole state as a new uint8 tensor, [5056] for a CPU generator. */
    public Tensor state() {
        try (var state = view().get_state()) {
            return Tensor.wrap(state);
        }
    }

    /** Restores a state that {@link #state} returned. */
    public void setState(Tensor state) {
        try (var other = state.unwrap()) {
            view().set_state(other);
        } catch (RuntimeException e) {
            throw NativeErrors.of(e);
        }
    }

    /** Returns a copy of {@link #state} without calling an operator. */
    byte[] stateBytes() {
        try (var state = view().get_state()) {
            var bytes = new byte[Math.toIntExact(state.numel())];
            new BytePointer(state.data_ptr()).get(bytes);
            return bytes;
        }
    }

    void setState(byte[] state) {
        try (var scope = Scope.open()) {
            setState(NestedArrays.tensor(state));
        }
    }

    private org.bytedeco.pytorch.Generator view() {
        ThreadContext c = ThreadContext.current();
        Memory.setLong(c.handle, owner.object());
        return new org.bytedeco.pytorch.Generator(Borrowed.at(c.handle));
    }

    /** Returns the address of libtorch's {@code GeneratorImpl}, which lives as long as this object. */
    public long nativeObject() {
        return owner.object();
    }

    /** Returns {@link #nativeObject} with one more reference, which the caller owns. */
    long retained() { return owner.retained(); }

    @Override public void close() { owner.close(); }
}
