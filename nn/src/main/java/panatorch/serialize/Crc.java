package panatorch.serialize;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32;

/**
 * CRC-32 checksums, as zip archives have them. Those of the parts of a file make that of the whole, so that a file is checked while its
 * parts are read into different places.
 */
final class Crc {
    private Crc() {}

    // A checksum is a polynomial over GF(2), whose highest bit stands for x⁰.
    private static final int POLYNOMIAL = 0xedb8_8320, ONE = 1 << 31, X_TO_8 = 1 << 31 - 8;

    /** Returns the checksum of bytes that follow one another. */
    static long of(MemorySegment... parts) {
        var crc = new CRC32();
        for (MemorySegment part : parts) update(crc, part);
        return crc.getValue();
    }

    static void update(CRC32 crc, MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += FileBytes.MOST_AT_ONCE)
            crc.update(bytes.asSlice(at, Math.min(FileBytes.MOST_AT_ONCE, bytes.byteSize() - at)).asByteBuffer());
    }

    /**
     * Returns the checksum of two parts that follow one another.
     *
     * @param length number of bytes of the second part
     */
    static long combine(long first, long second, long length) {
        int shift = ONE, square = X_TO_8; // x to the power of 8 · length, by squaring
        for (long n = length; n > 0; n >>= 1) {
            if ((n & 1) != 0) shift = times(shift, square);
            square = times(square, square);
        }
        return Integer.toUnsignedLong(times(shift, (int) first) ^ (int) second);
    }

    /** Multiplies modulo the polynomial. */
    private static int times(int a, int b) {
        int product = 0;
        for (int bit = ONE, shifted = b; bit != 0; bit >>>= 1) {
            if ((a & bit) != 0) product ^= shifted;
            shifted = (shifted & 1) == 0 ? shifted >>> 1 : shifted >>> 1 ^ POLYNOMIAL;
        }
        return product;
    }
}
