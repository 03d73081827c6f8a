package panatorch.datasets.internal.raster;

import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.datasets.internal.image.ByteReader;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Limits;
import panatorch.datasets.internal.image.Pixels;

/**
 * Decodes the first picture of a GIF on its whole logical screen. As in Pillow, the screen around the picture has the transparent colour if
 * there is one, otherwise the first of the palette, and grows with a picture that reaches beyond it.
 */
public final class GifDecoder {
    private static final int EXTENSION = '!', IMAGE = ',', TRAILER = ';', GRAPHIC_CONTROL = 0xF9, MAX_BITS = 12;

    private final ByteReader in;
    private int transparent;

    private GifDecoder(byte[] file) { in = ByteReader.of(file, ByteOrder.LITTLE_ENDIAN); }

    /** Returns whether a file is a GIF by its first bytes. */
    public static boolean begins(byte[] file) {
        return ByteReader.matches(file, 0, "GIF87a") || ByteReader.matches(file, 0, "GIF89a");
    }

    /** Decodes a file. */
    public static Pixels decode(byte[] file) throws ImageFormatException { return new GifDecoder(file).pixels(); }

    private Pixels pixels() throws ImageFormatException {
        in.seek(6);
        int width = in.u16(), height = in.u16(), flags = in.u8();
        in.skip(2);
        byte[] colours = palette(flags);
        for (;;) {
            switch (in.u8()) {
                case EXTENSION -> extension();
                case IMAGE -> {
                    return picture(width, height, colours);
                }
                case TRAILER -> throw ImageFormatException.damaged("it has no picture");
                default -> { // Pillow skips what it does not know
                }
            }
        }
    }

    private byte @Nullable [] palette(int flags) throws ImageFormatException {
        return (flags & 0x80) == 0 ? null : in.bytes(3L << (flags & 7) + 1);
    }

    private void extension() throws ImageFormatException {
        int kind = in.u8(), length = in.u8(), from = in.position();
        if (kind == GRAPHIC_CONTROL && length >= 4 && (in.u8() & 1) != 0) {
            in.skip(2);
            transparent = in.u8();
        }
        in.seek(from + (long) length);
        while (length != 0) {
            length = in.u8();
            in.skip(length);
        }
    }

    private Pixels picture(int screenWidth, int screenHeight, byte @Nullable [] screenPalette) throws ImageFormatException {
        int left = in.u16(), top = in.u16(), width = in.u16(), height = in.u16(), flags = in.u8();
        byte[] own = palette(flags), colours = own == null ? screenPalette : own;
        int right = Math.max(screenWidth, left + width), bottom = Math.max(screenHeight, top + height);
        Limits.require(right, bottom);
        Limits.require(width, height);
        var indices = new byte[right * bottom];
        Arrays.fill(indices, (byte) transparent);
        decompress(indices, top * right + left, right, width, height, (flags & 0x40) != 0);
        var pixels = Pixels.blank(right, bottom);
        byte[] table = colours == null || isRamp(colours) ? greys() : colours;
        for (int i = 0; i < indices.length; i++) {
            int at = 3 * (indices[i] & 0xFF);
            if (at < table.length) pixels.set(i, table[at], table[at + 1], table[at + 2]);
        }
        return pixels;
    }

    private static byte[] greys() {
        var greys = new byte[3 * 256];
        for (int i = 0; i < greys.length; i++) greys[i] = (byte) (i / 3);
        return greys;
    }

    /** Returns whether each colour is its index, which Pillow takes for grey numbers beyond the palette's end, too. */
    private static boolean isRamp(byte[] colours) {
        for (int i = 0; i < colours.length; i++) if ((colours[i] & 0xFF) != i / 3) return false;
        return true;
    }

    /** Undoes LZW with codes of growing length (GIF89a, appendix F). */
    private void decompress(byte[] to, int origin, int stride, int width, int height, boolean interlaced) throws ImageFormatException {
        int first = in.u8();
        if (first < 1 || first > MAX_BITS - 1) throw ImageFormatException.damaged("its codes begin with " + first + " bits");
        int clear = 1 << first, end = clear + 1, next = end + 1, bits = first + 1, buffer = 0, count = 0, block = 0, last = -1;
        var prefix = new short[1 << MAX_BITS];
        var suffix = new byte[1 << MAX_BITS];
        var lengths = new int[1 << MAX_BITS];
        var firsts = new byte[1 << MAX_BITS];
        for (int i = 0; i < clear; i++) {
            suffix[i] = firsts[i] = (byte) i;
            lengths[i] = 1;
        }
        var string = new byte[(1 << MAX_BITS) + 1];
        var rows = new Rows(to, origin, stride, width, height, interlaced);
        while (!rows.full()) {
            while (count < bits) {
                if (block == 0) block = in.u8();
                if (block == 0) return; // the picture ends too early: the rest stays empty, as in Pillow
                buffer |= in.u8() << count;
                block--;
                count += 8;
            }
            int code = buffer & (1 << bits) - 1;
            buffer >>>= bits;
            count -= bits;
            if (code == end) return;
            if (code == clear) {
                next = end + 1;
                bits = first + 1;
                last = -1;
                continue;
            }
            if (code > next || code == next && last < 0 || last < 0 && code > end)
                throw ImageFormatException.damaged("its compressed data is invalid");
            int known = code < next ? code : last, length = lengths[known];
            for (int i = length - 1, c = known; i >= 0; i--, c = prefix[c]) string[i] = suffix[c];
            if (code == next) string[length++] = firsts[last];
            rows.write(string, length);
            if (last >= 0 && next < 1 << MAX_BITS) {
                prefix[next] = (short) last;
                suffix[next] = firsts[code == next ? last : code];
                firsts[next] = firsts[last];
                lengths[next] = lengths[last] + 1;
                if (++next == 1 << bits && bits < MAX_BITS) bits++;
            }
            last = code;
        }
    }

    /** Writes the numbers of a picture in the order of its rows. */
    private static final class Rows {
        private static final int[] FIRST = {0, 4, 2, 1}, STEP = {8, 8, 4, 2};

        private final byte[] to;
        private final int origin, stride, width, height;
        private final boolean interlaced;
        private int x, y, pass;

        Rows(byte[] to, int origin, int stride, int width, int height, boolean interlaced) {
            this.to = to;
            this.origin = origin;
            this.stride = stride;
            this.width = width;
            this.height = height;
            this.interlaced = interlaced;
        }

        boolean full() { return y >= height; }

        void write(byte[] from, int length) {
            for (int done = 0; done < length && !full();) {
                int n = Math.min(length - done, width - x);
                System.arraycopy(from, done, to, origin + y * stride + x, n);
                done += n;
                x += n;
                if (x == width) endRow();
            }
        }

        private void endRow() {
            x = 0;
            if (!interlaced) y++;
            else for (y += STEP[pass]; y >= height && pass < 3; y = FIRST[pass]) pass++;
        }
    }
}
