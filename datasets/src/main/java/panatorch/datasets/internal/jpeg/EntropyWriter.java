package panatorch.datasets.internal.jpeg;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;

/** Writes the coefficients of blocks with the Huffman codes that T.81 suggests for 8 bits (annex K.3). */
final class EntropyWriter {
    /** Codes by symbol, with their lengths, and the definition that a file holds: the numbers of codes of each length, and the symbols. */
    record Code(byte[] definition, int[] codes, int[] lengths) {
        /** @param text numbers of codes of the lengths 1 to 16, and all symbols, in hexadecimal */
        static Code of(String text) {
            byte[] definition = HexFormat.of().parseHex(text.replaceAll("\\s", ""));
            var codes = new int[256];
            var lengths = new int[256];
            int code = 0, at = 16;
            for (int length = 1; length <= 16; length++, code <<= 1) {
                for (int i = 0; i < definition[length - 1]; i++, code++) {
                    int symbol = definition[at++] & 0xFF;
                    codes[symbol] = code;
                    lengths[symbol] = length;
                }
            }
            return new Code(definition, codes, lengths);
        }
    }

    static final Code LUMINANCE_DC = Code.of("""
            00010501010101010100000000000000
            000102030405060708090a0b""");
    static final Code CHROMINANCE_DC = Code.of("""
            00030101010101010101010000000000
            000102030405060708090a0b""");
    static final Code LUMINANCE_AC = Code.of("""
            0002010303020403050504040000017d
            01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728
            292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a83848586878889
            8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2
            e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa""");
    static final Code CHROMINANCE_AC = Code.of("""
            00020102040403040705040400010277
            000102031104052131061241510761711322328108144291a1b1c109233352f0156272d10a162434e125f11718191a26
            2728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a828384858687
            88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da
            e2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa""");

    private final ByteArrayOutputStream out;
    private long bits;
    private int count;

    EntropyWriter(ByteArrayOutputStream out) { this.out = out; }

    /**
     * Writes a block.
     *
     * @param block quantized coefficients in zigzag order
     * @param previous the first coefficient of the component's block before it
     */
    void write(int[] block, int previous, Code dc, Code ac) {
        int difference = block[0] - previous, size = size(difference);
        put(dc.codes[size], dc.lengths[size]);
        putValue(difference, size);
        int zeros = 0;
        for (int k = 1; k < 64; k++) {
            if (block[k] == 0) {
                zeros++;
                continue;
            }
            for (; zeros > 15; zeros -= 16) put(ac.codes[0xF0], ac.lengths[0xF0]);
            int bitsOfValue = size(block[k]), symbol = zeros << 4 | bitsOfValue;
            put(ac.codes[symbol], ac.lengths[symbol]);
            putValue(block[k], bitsOfValue);
            zeros = 0;
        }
        if (zeros > 0) put(ac.codes[0], ac.lengths[0]);
    }

    /** Fills the last byte with ones. */
    void finish() {
        put(0x7F, 7);
        count = 0;
    }

    private static int size(int value) { return 32 - Integer.numberOfLeadingZeros(Math.abs(value)); }

    private void putValue(int value, int size) { put((value < 0 ? value - 1 : value) & (1 << size) - 1, size); }

    private void put(int code, int length) {
        bits = bits << length | code;
        count += length;
        while (count >= 8) {
            count -= 8;
            int next = (int) (bits >> count) & 0xFF;
            out.write(next);
            if (next == 0xFF) out.write(0); // otherwise it would begin a marker
        }
        bits &= (1L << count) - 1;
    }
}
