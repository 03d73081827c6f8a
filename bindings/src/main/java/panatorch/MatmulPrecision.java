package panatorch;

import org.bytedeco.pytorch.global.torch.Float32MatmulPrecision;

/** The precision in which products of float32 matrices are computed; see {@link Torch#setFloat32MatmulPrecision}. */
public enum MatmulPrecision {
    /** Computes in float32. */
    HIGHEST(Float32MatmulPrecision.HIGHEST),
    /** Computes in TF32, or with each number as the sum of two bfloat16 numbers, if that is faster on the device. */
    HIGH(Float32MatmulPrecision.HIGH),
    /** Computes in bfloat16 if that is faster on the device. */
    MEDIUM(Float32MatmulPrecision.MEDIUM);

    private final int code;

    MatmulPrecision(Float32MatmulPrecision native_) { code = native_.value; }

    /** Returns Python's name of this precision, such as {@code high}. */
    @Override public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }

    static MatmulPrecision ofCode(int code) {
        for (var p : values()) if (p.code == code) return p;
        throw new IllegalArgumentException("unknown precision code " + code);
    }
}
