package panatorch.apps.options;

import panatorch.DType;
import panatorch.Device;
import panatorch.amp.Precision;
import panatorch.apps.console.InputException;

/** {@code --precision}: the precision of the forward and backward pass. */
public enum PrecisionName {
    AUTO, FP32, BF16, FP16;

    public Precision resolve(Device device) {
        return switch (this) {
            case AUTO -> Precision.auto(device);
            case FP32 -> Precision.FP32;
            case BF16 -> Precision.BF16;
            case FP16 -> {
                if (device.type() == Device.Type.CPU)
                    throw new InputException(
                            "--precision fp16 is for GPUs: a CPU computes in it many times slower than in fp32, and bf16 is as small "
                                    + "without its overflows");
                yield new Precision(DType.FLOAT16, "asked for");
            }
        };
    }

    @Override public String toString() { return Names.of(this); }
}
