package panatorch;

import java.math.BigInteger;

/**
 * The limits of an integer type, as Python's {@code torch.iinfo}.
 *
 * @param bits number of bits of one number
 */
public record IntInfo(DType dtype, int bits, BigInteger min, BigInteger max) {

    /**
     * Returns the limits of an integer type.
     *
     * @throws IllegalArgumentException if {@code dtype} is not an integer type; bool is not one, as in Python
     */
    public static IntInfo of(DType dtype) {
        if (!dtype.isInteger())
            throw new IllegalArgumentException(
                    "IntInfo needs an integer dtype, not " + dtype + (dtype.isFloatingPoint() ? "; use FloatInfo" : ""));
        int bits = 8 * dtype.bytes();
        boolean signed = !dtype.name().startsWith("U");
        BigInteger above = BigInteger.ONE.shiftLeft(signed ? bits - 1 : bits);
        return new IntInfo(dtype, bits, signed ? above.negate() : BigInteger.ZERO, above.subtract(BigInteger.ONE));
    }
}
