package panatorch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.global.torch;

/**
 * While open, operators of this thread that gain from it run in a lower precision, by libtorch's own lists (matrix products and
 * convolutions do, losses and norms stay in float32). Forward passes and losses belong inside, {@code backward} outside.
 * Closing restores what was before; guards close in the reverse order of their opening, on the thread that opened them.
 */
public final class Autocast extends Mode {
    private final torch.DeviceType device;
    private final DType dtype;
    private final boolean enabled;
    private boolean wasEnabled;
    private torch.ScalarType was = torch.ScalarType.Undefined;

    private Autocast(Device.Type type, DType dtype, boolean enabled) {
        if (enabled && dtype != DType.BFLOAT16 && dtype != DType.FLOAT16) throw new IllegalArgumentException("autocast computes in bfloat16 or float16, not in " + dtype);
        device = switch (type) {
            case CPU -> torch.DeviceType.CPU;
            case CUDA -> torch.DeviceType.CUDA;
            default -> throw new IllegalArgumentException("autocast is of the CPU and of CUDA, not of " + type);
        };
        this.dtype = dtype;
        this.enabled = enabled;
        open();
    }

    @Override void set() {
        wasEnabled = torch.is_autocast_enabled(device);
        was = torch.get_autocast_dtype(device);
        torch.set_autocast_enabled(device, enabled);
        if (enabled) torch.set_autocast_dtype(device, scalarType(dtype));
        torch.increment_nesting();
    }

    /** @param dtype {@link DType#BFLOAT16} or {@link DType#FLOAT16} */
    public static Autocast enter(Device.Type device, DType dtype) { return new Autocast(device, dtype, true); }

    /** {@link #enter(Device.Type, DType)} for the type of a device. */
    public static Autocast enter(Device device, DType dtype) { return enter(device.type(), dtype); }

    /** Full precision while open, also inside an {@link #enter}. */
    public static Autocast off(Device.Type device) { return new Autocast(device, DType.FLOAT32, false); }

    /** What opens the present state again, at another time or on another thread. */
    static List<Supplier<Autocast>> snapshot() {
        var all = new ArrayList<Supplier<Autocast>>();
        Mode.during(() -> {
            for (var type : List.of(Device.Type.CPU, Device.Type.CUDA)) {
                var device = type == Device.Type.CPU ? torch.DeviceType.CPU : torch.DeviceType.CUDA;
                if (!torch.is_autocast_enabled(device)) all.add(() -> off(type));
                else if (torch.get_autocast_dtype(device).intern() == torch.ScalarType.BFloat16) all.add(() -> enter(type, DType.BFLOAT16));
                else all.add(() -> enter(type, DType.FLOAT16));
            }
        });
        return all;
    }

    private static torch.ScalarType scalarType(DType t) { return t == DType.BFLOAT16 ? torch.ScalarType.BFloat16 : torch.ScalarType.Half; }

    @Override void unset() {
        if (torch.decrement_nesting() == 0) torch.clear_cache(); // the low-precision copies of weights
        torch.set_autocast_enabled(device, wasEnabled);
        torch.set_autocast_dtype(device, was);
    }
}
