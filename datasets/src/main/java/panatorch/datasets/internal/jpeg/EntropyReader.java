package panatorch.datasets.internal.jpeg;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import panatorch.datasets.internal.image.ImageFormatException;

/**
 * Reads the bits of an entropy-coded segment. At a marker it goes on with zeros, as libjpeg does, and so shows what a damaged file has; the
 * end of the file is an exception.
 */
final class EntropyReader {
    /** The places in a block of the coefficients in zigzag order; the last ones catch runs beyond the block, as in libjpeg. */
    static final int[] NATURAL = {0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
        14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
        55, 62, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63};

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    /** Bits that are there before a code is read: the longest code has 16, and its value 15. */
    private static final int ENOUGH = 32;

    private final byte[] bytes;
    private int at;
    /** The next bits are the lowest {@code count} ones of {@code bits}. */
    private long bits;
    private int count;
    /** Zeros at the end of {@code bits} that stand for missing ones. */
    private int missing;

    /** Reads from a position on. */
    EntropyReader(byte[] bytes, int at) {
        this.bytes = bytes;
        this.at = at;
    }

    /** Returns the position of the next marker, or of what stands in place of one. */
    int position() { return at; }

    /** Returns whether bits were read that are not there. */
    boolean starved() { return missing > count; }

    private void fill() {
        if (at + 4 <= bytes.length) {
            int next = (int) INT.get(bytes, at);
            if ((~next - 0x01010101 & next & 0x80808080) == 0) { // none of the four bytes is 0xFF
                bits = bits << 32 | next & 0xFFFFFFFFL;
                count += 32;
                at += 4;
                return;
            }
        }
        while (count <= 48) {
            int b = 0;
            if (at < bytes.length && bytes[at] != -1) b = bytes[at++];
            else if (at + 1 < bytes.length && bytes[at + 1] == 0) { // a zero follows where 0xFF is no marker
                b = 0xFF;
                at += 2;
            } else if (at + 1 < bytes.length && bytes[at + 1] == -1) { // 0xFF may be repeated before a marker
                at++;
                continue;
            } else missing += 8;
            bits = bits << 8 | b & 0xFF;
            count += 8;
        }
    }

    /** Reads {@code n} bits, at most 16. */
    int bits(int n) {
        if (count < ENOUGH) fill();
        count -= n;
        return (int) (bits >>> count) & (1 << n) - 1;
    }

    int bit() {
        if (count < ENOUGH) fill();
        return (int) (bits >>> --count) & 1;
    }

    /** Reads a code and returns its symbol. */
    int symbol(HuffmanTable table) {
        if (count < ENOUGH) fill();
        int entry = table.entries[(int) (bits >>> count - HuffmanTable.LOOK) & (1 << HuffmanTable.LOOK) - 1];
        if (entry == 0) entry = table.longCode((int) (bits >>> count - 16) & 0xFFFF);
        count -= entry & 31;
        return entry >> 8;
    }

    /** Reads the value of a coefficient or difference of {@code size} bits. */
    int value(int size) {
        return size == 0 ? 0 : HuffmanTable.extend(bits(size), size);
    }

    /**
     * Reads the difference of a block's first coefficient.
     *
     * @param table a table of differences
     */
    int difference(HuffmanTable table) { return value(Math.min(symbol(table), 15)); }

    /**
     * Reads the coefficients of a sequential block but the first, and multiplies them by their steps.
     *
     * @return whether there are any
     */
    boolean coefficients(HuffmanTable table, int[] steps, InverseDct block) {
        boolean any = false;
        long buffer = bits;
        int n = count;
        int[] entries = table.entries;
        for (int k = 1; k < 64; k++) {
            if (n < ENOUGH) {
                bits = buffer;
                count = n;
                fill();
                buffer = bits;
                n = count;
            }
            int entry = entries[(int) (buffer >>> n - HuffmanTable.LOOK) & (1 << HuffmanTable.LOOK) - 1], value;
            if ((entry & HuffmanTable.WHOLE) != 0) {
                n -= entry & 31;
                k += entry >> 8 & 15;
                value = entry >> 16;
            } else {
                if (entry == 0) entry = table.longCode((int) (buffer >>> n - 16) & 0xFFFF);
                n -= entry & 31;
                int size = entry >> 8 & 15, run = entry >> 12;
                if (size == 0) {
                    if (run != 15) break; // the end of the block
                    k += 15;
                    continue;
                }
                k += run;
                n -= size;
                value = HuffmanTable.extend((int) (buffer >>> n) & (1 << size) - 1, size);
            }
            block.set(NATURAL[k], value * steps[k]);
            any = true;
        }
        bits = buffer;
        count = n;
        return any;
    }

    /**
     * Goes on behind the marker of a restart interval, and synchronises as libjpeg does where it is missing or another.
     *
     * @param expected the number of the marker, 0 to 7
     */
    void restart(int expected) throws ImageFormatException {
        bits = 0;
        count = missing = 0;
        for (int i = at;;) {
            while (i < bytes.length && bytes[i] != -1) i++;
            while (i < bytes.length && bytes[i] == -1) i++;
            if (i >= bytes.length) throw ImageFormatException.truncated();
            int marker = bytes[i++] & 0xFF;
            if (marker < 0xC0) continue; // no valid marker
            int difference = marker - 0xD0 - expected & 7;
            if (marker < 0xD0 || marker > 0xD7 || difference == 1 || difference == 2) { // an interval is missing: zeros
                at = i - 2;
                return;
            }
            at = i;
            if (difference == 6 || difference == 7) continue; // an earlier interval's: look for the next
            return;
        }
    }

    /** Checks that the file did not end. */
    void requireNotEnded() throws ImageFormatException {
        if (starved() && at + 1 >= bytes.length) throw ImageFormatException.truncated();
    }
}
