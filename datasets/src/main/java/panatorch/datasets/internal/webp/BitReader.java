package panatorch.datasets.internal.webp;

import panatorch.datasets.internal.image.ImageFormatException;

/** Reads bits of a lossless picture, the lowest of each byte first. */
final class BitReader {
    private final byte[] bytes;
    private final int end;
    private int at;
    private long bits;
    private int count, overrun;

    BitReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    private void fill() {
        while (count <= 48) {
            if (at < end) bits |= (bytes[at++] & 0xFFL) << count;
            else overrun += 8;
            count += 8;
        }
    }

    /** Reads a number of {@code n} bits, at most 16. */
    int number(int n) {
        int result = peek() & (1 << n) - 1;
        skip(n);
        return result;
    }

    /** Returns the next bits, 32 of which are there. */
    int peek() {
        if (count < 32) fill();
        return (int) bits;
    }

    void skip(int n) {
        bits >>>= n;
        count -= n;
    }

    /** Checks that no bits were read behind the end. */
    void requireNotEnded() throws ImageFormatException {
        if (overrun > count) throw ImageFormatException.truncated();
    }
}
