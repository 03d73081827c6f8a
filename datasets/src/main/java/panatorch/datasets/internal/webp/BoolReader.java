package panatorch.datasets.internal.webp;

import panatorch.datasets.internal.image.ImageFormatException;

/** Reads bits of given probabilities (RFC 6386, section 7). */
final class BoolReader {
    /** Zeros behind the end that a whole file's reader may look at. */
    private static final int SLACK = 2;

    private final byte[] bytes;
    private final int end;
    private int at, overrun;
    /** The next bits are the lowest {@code count} + 8 ones of {@code value}, of which the upper ones are compared with {@code range}. */
    private long value;
    private int count = -8, range = 254;

    BoolReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    /** Reads a bit that is 0 with the probability {@code probability}/256. */
    int bit(int probability) {
        if (count < 0) fill();
        int split = range * probability >> 8, top = (int) (value >>> count);
        int bit;
        if (top > split) {
            range -= split + 1;
            value -= (long) (split + 1) << count;
            bit = 1;
        } else {
            range = split;
            bit = 0;
        }
        if (range < 127) {
            int shift = Integer.numberOfLeadingZeros(range + 1) - 24;
            range = (range + 1 << shift) - 1;
            count -= shift;
        }
        return bit;
    }

    private void fill() {
        while (count < 40) {
            int next = 0;
            if (at < end) next = bytes[at++] & 0xFF;
            else overrun++;
            value = value << 8 | next;
            count += 8;
        }
    }

    boolean flag() { return bit(128) != 0; }

    /** Reads a number of {@code bits} bits. */
    int number(int bits) {
        int result = 0;
        for (int i = 0; i < bits; i++) result = result << 1 | bit(128);
        return result;
    }

    /** Reads a number and its sign. */
    int signed(int bits) {
        int result = number(bits);
        return flag() ? -result : result;
    }

    /** Reads a flag, and a number and its sign if it is set; otherwise returns 0. */
    int optional(int bits) {
        return flag() ? signed(bits) : 0;
    }

    /** Checks that no bits were read behind the end. */
    void requireNotEnded() throws ImageFormatException {
        if (overrun - Math.max(count, 0) / 8 > SLACK) throw ImageFormatException.truncated();
    }
}
