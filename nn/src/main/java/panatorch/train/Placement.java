package panatorch.train;

import org.jspecify.annotations.Nullable;
import panatorch.Autocast;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Tensor;
import panatorch.amp.Precision;

/**
 * Where and how a model computes.
 *
 * @param format of inputs [N, C, H, W]; null leaves them as they are
 */
public record Placement(Device device, Precision precision, @Nullable MemoryFormat format) {
    /** On the CPU, in float32, in whatever order. */
    public static final Placement DEFAULT = new Placement(Device.CPU, Precision.FP32, null);

    /** On the device, without waiting for the copy where memory is pinned. */
    Tensor place(Tensor t, boolean formed) {
        Tensor there = t.device().equals(device) ? t : t.to(device, t.dtype(), true, false);
        return formed && format != null && t.dim() == 4 ? there.contiguous(format) : there;
    }

    @Nullable Autocast autocast() { return precision.enter(device); }
}
