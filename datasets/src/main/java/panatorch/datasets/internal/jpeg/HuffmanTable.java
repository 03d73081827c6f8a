package panatorch.datasets.internal.jpeg;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import panatorch.datasets.internal.image.ImageFormatException;

/**
 * A table of prefix codes (T.81, annex C). Most coefficients are decoded by one look-up of the next {@value #LOOK} bits, which gives code
 * and value together.
 */
final class HuffmanTable {
    /** The number of bits that are looked up at once. */
    static final int LOOK = 10;
    /** A table entry's flag: it holds run and value of a whole coefficient, otherwise the code's symbol. Zero is a longer code. */
    static final int WHOLE = 32;

    private static final int COUNTS = 16;
    /** Tables that were seen, by hash: the files of a dataset mostly have the same, and a table costs as much as a small image. */
    private static final AtomicReferenceArray<HuffmanTable> SEEN = new AtomicReferenceArray<>(64);

    /** Stands for a table that the file does not define. */
    static final HuffmanTable NONE = new HuffmanTable();

    /** Of the next bits: length in bits 0 to 4, {@link #WHOLE}, symbol or run in bits 8 to 15, value in bits 16 to 31. */
    final int[] entries = new int[1 << LOOK];

    private final byte[] definition;
    private final int[] lastCode = new int[COUNTS + 2], offset = new int[COUNTS + 2];

    private HuffmanTable() { definition = new byte[COUNTS]; }

    private HuffmanTable(byte[] definition, boolean coefficients) throws ImageFormatException {
        this.definition = definition;
        int code = 0, index = 0;
        for (int length = 1; length <= COUNTS; length++, code <<= 1) {
            int count = definition[length - 1] & 0xFF;
            offset[length] = index - code;
            for (int i = 0; i < count; i++, code++, index++) if (length <= LOOK) enter(code, length, symbol(index), coefficients);
            if (code > 1 << length) throw ImageFormatException.damaged("a Huffman table has too many codes");
            lastCode[length] = count == 0 ? -1 : code - 1;
        }
    }

    /**
     * Returns the table of a definition.
     *
     * @param definition the number of codes of each length from 1 to 16, then the symbols in the order of their codes
     * @param coefficients whether entries hold whole coefficients, whose symbols are runs of zeros and sizes
     */
    static HuffmanTable of(byte[] definition, boolean coefficients) throws ImageFormatException {
        int slot = (Arrays.hashCode(definition) * 2 + (coefficients ? 1 : 0)) * 0x9E3779B9 >>> 26;
        HuffmanTable seen = SEEN.get(slot);
        if (seen != null && Arrays.equals(seen.definition, definition)) return seen;
        var made = new HuffmanTable(definition, coefficients);
        SEEN.set(slot, made);
        return made;
    }

    private int symbol(int index) { return definition[COUNTS + index] & 0xFF; }

    private void enter(int code, int length, int symbol, boolean coefficients) {
        int size = symbol & 15, rest = LOOK - length;
        if (code >= 1 << length) return; // reported by the caller
        for (int low = 0; low < 1 << rest; low++) {
            int entry = length | symbol << 8;
            if (coefficients && size != 0 && size <= rest)
                entry = length + size | WHOLE | symbol >> 4 << 8 | extend(low >> rest - size, size) << 16;
            entries[code << rest | low] = entry;
        }
    }

    /** Returns the value of {@code size} bits: a leading 0 means a negative number (T.81, F.2.2.1). */
    static int extend(int bits, int size) {
        return bits < 1 << size - 1 ? bits - (1 << size) + 1 : bits;
    }

    /**
     * Returns the length and symbol of a code longer than {@link #LOOK}, as an entry.
     *
     * @param bits the next 16 bits
     */
    int longCode(int bits) {
        for (int length = LOOK + 1; length <= COUNTS; length++) {
            int code = bits >> COUNTS - length;
            if (code <= lastCode[length]) return length | symbol(code + offset[length]) << 8;
        }
        return COUNTS; // no such code: libjpeg takes it for the symbol 0
    }
}
