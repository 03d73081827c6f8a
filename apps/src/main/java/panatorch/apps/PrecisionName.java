package panatorch.apps;

import panatorch.Device;
import panatorch.amp.Precision;

/** {@code --precision}. */
enum PrecisionName {
    AUTO, FP32, BF16;

    Precision resolve(Device device) {
        return switch (this) {
            case AUTO -> Precision.auto(device);
            case FP32 -> Precision.FP32;
            case BF16 -> Precision.BF16;
        };
    }

    @Override public String toString() { return Names.of(this); }
}
