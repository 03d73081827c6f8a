package panatorch.datasets.internal.tiff;

import panatorch.datasets.internal.image.ImageFormatException;

/**
 * Decodes the fax codes of TIFF: modified Huffman, group 3 in one and two dimensions (ITU-T T.4), and group 4 (T.6). Black pixels are 1.
 */
final class FaxDecoder {
    private static final int HUFFMAN = 2, GROUP_4 = 4, TWO_DIMENSIONS = 1, END_OF_LINE_ZEROS = 11, TERMINATING = 64;
    /** The codes of the modes in two dimensions behind a leading 1: pass, horizontal, and the offsets −3 to 3 of the vertical mode. */
    private static final int PASS = 0b10001, HORIZONTAL = 0b1001;
    private static final int[] VERTICAL = {0b10000010, 0b1000010, 0b1010, 0b11, 0b1011, 0b1000011, 0b10000011};
    private static final int LONGEST_MODE = 7;

    private final byte[] from;
    private final int width, compression, options;
    private int at;
    /** Where the colour changes in the row before and in this one, to black first. */
    private int[] before, now;
    private int changesBefore, changes;

    FaxDecoder(byte[] from, int width, int compression, int options) {
        this.from = from;
        this.width = width;
        this.compression = compression;
        this.options = options;
        before = new int[width + 3];
        now = new int[width + 3];
    }

    /** Decodes rows of whole bytes. Rows behind the end of the data are white. */
    void decode(byte[] to, int rows) throws ImageFormatException {
        int rowBytes = (width + 7) / 8;
        for (int y = 0; y < rows; y++) {
            if (!row()) return;
            for (int i = 0; i < changes; i += 2) {
                int end = i + 1 < changes ? now[i + 1] : width;
                for (int x = now[i]; x < Math.min(end, width); x++) to[y * rowBytes + x / 8] |= (byte) (0x80 >> x % 8);
            }
            int[] swapped = before;
            before = now;
            changesBefore = changes;
            now = swapped;
        }
    }

    private boolean row() throws ImageFormatException {
        changes = 0;
        if (compression == HUFFMAN) at = at + 7 & ~7;
        if (compression == GROUP_4) return twoDimensional();
        boolean one = true;
        if (compression != HUFFMAN && zeros() >= END_OF_LINE_ZEROS) {
            endOfLine();
            one = (options & TWO_DIMENSIONS) == 0 || bit() == 1;
            if (zeros() >= END_OF_LINE_ZEROS) return false; // two in a row end the image
        }
        if (!one) return twoDimensional();
        for (int x = 0, black = 0; x < width; black ^= 1) add(x += run(black == 1));
        return true;
    }

    private int zeros() {
        int n = 0;
        while (at + n < 8 * from.length && n <= END_OF_LINE_ZEROS && peek(at + n) == 0) n++;
        return n;
    }

    private void endOfLine() throws ImageFormatException {
        while (bit() == 0) { // any number of zeros fills up
        }
    }

    private int peek(int place) { return from[place >> 3] >> 7 - (place & 7) & 1; }

    private int bit() throws ImageFormatException {
        if (at >= 8 * from.length) throw ImageFormatException.truncated();
        return peek(at++);
    }

    private void add(int change) throws ImageFormatException {
        if (change > width || changes == now.length) throw ImageFormatException.damaged("a row of its fax code is too long");
        now[changes++] = change;
    }

    /** Reads a run: codes of multiples of 64, then one of the rest. */
    private int run(boolean black) throws ImageFormatException {
        for (int sum = 0;;) {
            int code = 1, run = -1;
            for (int i = 0; i < FaxRuns.LONGEST_CODE && run < 0; i++) run = FaxRuns.run(black, code = code << 1 | bit());
            if (run < 0) throw ImageFormatException.damaged("its fax code is invalid");
            sum += run;
            if (run < TERMINATING) return sum;
            if (sum > width) throw ImageFormatException.damaged("a row of its fax code is too long");
        }
    }

    private boolean twoDimensional() throws ImageFormatException {
        int colour = 0;
        for (int x = -1; x < width;) {
            int i = colour;
            while (i < changesBefore && before[i] <= x) i += 2;
            int next = i < changesBefore ? before[i] : width, second = i + 1 < changesBefore ? before[i + 1] : width;
            int mode = mode();
            if (mode == PASS) x = second;
            else if (mode == HORIZONTAL) {
                int first = Math.max(x, 0) + run(colour == 1);
                add(first);
                add(x = first + run(colour == 0));
            } else if (mode == 0) return false;
            else {
                x = Math.max(next + vertical(mode), 0);
                add(x);
                colour ^= 1;
            }
        }
        return true;
    }

    /** Reads a mode's code, or returns 0 at the end of the data. */
    private int mode() throws ImageFormatException {
        int code = 1;
        for (int i = 0; i < LONGEST_MODE; i++) {
            code = code << 1 | bit();
            if (code == PASS || code == HORIZONTAL || vertical(code) < LONGEST_MODE) return code;
        }
        if (code == 1 << LONGEST_MODE) return 0;
        throw ImageFormatException.damaged("its fax code is invalid");
    }

    /** Returns the offset of a vertical mode, or {@link #LONGEST_MODE} for another code. */
    private static int vertical(int code) {
        for (int i = 0; i < VERTICAL.length; i++) if (VERTICAL[i] == code) return i - 3;
        return LONGEST_MODE;
    }
}
