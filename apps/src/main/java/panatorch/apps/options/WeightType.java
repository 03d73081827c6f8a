package panatorch.apps.options;

import panatorch.DType;

/** {@code --dtype}: the type in which {@code convert} writes floating-point weights. */
public enum WeightType {
    FP32(DType.FLOAT32), FP16(DType.FLOAT16), BF16(DType.BFLOAT16), FP64(DType.FLOAT64);

    public final DType dtype;

    WeightType(DType dtype) { this.dtype = dtype; }

    @Override public String toString() { return Names.of(this); }
}
