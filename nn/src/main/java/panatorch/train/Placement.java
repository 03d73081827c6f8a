package panatorch.train;

import org.jspecify.annotations.Nullable;
import panatorch.Autocast;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Tensor;
import panatorch.amp.Precision;

/**
 * The device, precision and memory format in which a model computes.
 *
 * @param device device of model and batches
 * @param precision precision of forward passes
 * @param format memory format of inputs [N, C, H, W]; null leaves them as they are
 */
public record Placement(Device device, Precision precision, @Nullable MemoryFormat format) {
    /** The CPU, float32, and memory formats as they are. */
    public static final Placement DEFAULT = new Placement(Device.CPU, Precision.FP32, null);

    /** Moves a tensor to the device. Does not wait for the copy if the tensor is in pinned memory. */
    Tensor place(Tensor t, boolean formed) {
        Tensor there = t.device().equals(device) ? t : t.to(device, t.dtype(), true, false);
        return formed && format != null && t.dim() == 4 ? there.contiguous(format) : there;
    }

    @Nullable Autocast autocast() { return precision.enter(device); }
}
