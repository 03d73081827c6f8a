package panatorch;

/**
 * The limits of a floating-point type, as Python's {@code torch.finfo}. The limits of a complex type are those of its parts.
 *
 * @param bits number of bits of one number
 * @param eps the difference between 1 and the next larger number
 * @param min the lowest finite number
 * @param tiny the smallest positive number of full precision, in Python also {@code smallest_normal}
 * @param resolution 10 to the power of minus the number of reliable decimal digits
 */
public record FloatInfo(DType dtype, int bits, double eps, double max, double min, double tiny, double resolution) {

    /**
     * Returns the limits of a floating-point or complex type.
     *
     * @throws IllegalArgumentException if {@code dtype} is of another kind, or packs two numbers into a byte
     */
    public static FloatInfo of(DType dtype) {
        return switch (dtype) {
            case FLOAT64, COMPLEX128 -> of(DType.FLOAT64, 52, Double.MAX_VALUE, -1022, 15);
            case FLOAT32, COMPLEX64 -> of(DType.FLOAT32, 23, Float.MAX_VALUE, -126, 6);
            case FLOAT16, COMPLEX32 -> of(DType.FLOAT16, 10, 65504, -14, 3);
            case BFLOAT16 -> of(dtype, 7, 0x1.fep127, -126, 2);
            case FLOAT8_E5M2 -> of(dtype, 2, 57344, -14, 0);
            case FLOAT8_E4M3FN -> of(dtype, 3, 448, -6, 0);
            case FLOAT8_E4M3FNUZ -> of(dtype, 3, 240, -7, 0);
            case FLOAT8_E5M2FNUZ -> of(dtype, 3, 57344, -15, 0); // libtorch's eps of it is that of three bits
            case FLOAT8_E8M0FNU -> new FloatInfo(dtype, 8, 1, 0x1p127, 0x1p-127, 0x1p-127, 1); // powers of two, all positive
            default -> throw new IllegalArgumentException(
                    "FloatInfo needs a floating-point dtype, not " + dtype + (dtype.isInteger() ? "; use IntInfo" : ""));
        };
    }

    private static FloatInfo of(DType dtype, int mantissa, double max, int smallestExponent, int digits) {
        return new FloatInfo(dtype, 8 * dtype.bytes(), Math.scalb(1.0, -mantissa), max, -max, Math.scalb(1.0, smallestExponent),
                Double.parseDouble("1e-" + digits));
    }
}
