package panatorch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.ThreadModes;

/**
 * A guard under which some operators of this thread run in a lower precision. libtorch's own lists say which: matrix products and
 * convolutions do, losses and norms stay in float32. Forward passes and losses belong inside the guard, {@code backward} outside. Closing
 * restores the previous state. Guards close in the reverse order of their opening, on the thread that opened them.
 */
public final class Autocast extends Mode {
    private static final long CPU = ThreadModes.bit("AutocastCPU"), CUDA = ThreadModes.bit("AutocastCUDA");

    private final Device.Type device;
    private final DType dtype;
    private final boolean enabled;
    private long leftOut, before;
    private byte dtypeBefore;

    private Autocast(Device.Type type, DType dtype, boolean enabled) {
        if (enabled && dtype != DType.BFLOAT16 && dtype != DType.FLOAT16)
            throw new IllegalArgumentException("the dtype of autocast must be bfloat16 or float16, not " + dtype);
        if (type != Device.Type.CPU && type != Device.Type.CUDA)
            throw new IllegalArgumentException("autocast supports the CPU and CUDA, not " + type);
        device = type;
        this.dtype = dtype;
        this.enabled = enabled;
        open();
    }

    @Override void set() {
        leftOut = ThreadModes.keySets(ThreadContext.current().guard) + 8;
        before = Memory.getLong(leftOut);
        Memory.setLong(leftOut, enabled ? before | key(device) : before & ~key(device)); // inverted, as it is left out by default
        dtypeBefore = ThreadModes.autocastDtype(code(device));
        if (enabled && dtypeBefore != dtype.code()) ThreadModes.setAutocastDtype(code(device), (byte) dtype.code());
        ThreadModes.nestAutocast(true);
    }

    @Override void unset() {
        if (ThreadModes.nestAutocast(false) == 0) torch.clear_cache(); // the low-precision copies of weights
        Memory.setLong(leftOut, before);
        if (enabled && dtypeBefore != dtype.code()) ThreadModes.setAutocastDtype(code(device), dtypeBefore);
    }

    private static long key(Device.Type device) { return device == Device.Type.CPU ? CPU : CUDA; }

    private static byte code(Device.Type device) { return (byte) device.code(); }

    /**
     * Turns autocast on for operators on a type of device.
     *
     * @param dtype {@link DType#BFLOAT16} or {@link DType#FLOAT16}
     */
    public static Autocast enter(Device.Type device, DType dtype) {
        return new Autocast(device, dtype, true);
    }

    /** Turns autocast on for operators on the type of {@code device}; see {@link #enter(Device.Type, DType)}. */
    public static Autocast enter(Device device, DType dtype) {
        return enter(device.type(), dtype);
    }

    /** Turns autocast off for a type of device, also inside an {@link #enter}. */
    public static Autocast off(Device.Type device) {
        return new Autocast(device, DType.FLOAT32, false);
    }

    /** Returns whether autocast is on for operators of this thread on a type of device: {@code torch.is_autocast_enabled}. */
    public static boolean isEnabled(Device.Type device) {
        if (device != Device.Type.CPU && device != Device.Type.CUDA) return false;
        var on = new boolean[1];
        Mode.during(() -> on[0] = (Memory.getLong(ThreadModes.keySets(ThreadContext.current().guard) + 8) & key(device)) != 0);
        return on[0];
    }

    /** Returns functions that enter the present state again, at another time or on another thread. */
    static List<Supplier<Autocast>> snapshot() {
        var all = new ArrayList<Supplier<Autocast>>();
        Mode.during(() -> {
            long leftOut = Memory.getLong(ThreadModes.keySets(ThreadContext.current().guard) + 8);
            for (var type : List.of(Device.Type.CPU, Device.Type.CUDA)) {
                var low = DType.ofCode(ThreadModes.autocastDtype(code(type)));
                all.add((leftOut & key(type)) == 0 ? () -> off(type) : () -> enter(type, low));
            }
        });
        return all;
    }
}
