package panatorch.datasets.internal.raster;

import java.nio.ByteOrder;
import panatorch.datasets.internal.image.ByteReader;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Limits;
import panatorch.datasets.internal.image.Pixels;

/** Decodes Windows and OS/2 bitmaps of 1, 4, 8, 16, 24 and 32 bits, run lengths and bit fields included. */
public final class BmpDecoder {
    private static final int FILE_HEADER = 14, CORE = 12, RGB = 0, RLE8 = 1, RLE4 = 2, BIT_FIELDS = 3, ALPHA_BIT_FIELDS = 6;
    private static final int[] MASKS_OF_15_BITS = {0x7C00, 0x3E0, 0x1F}, MASKS_OF_24_BITS = {0xFF0000, 0xFF00, 0xFF};

    private final ByteReader in;
    private int width, height, bits, compression;
    private boolean topDown;
    private int[] masks = MASKS_OF_24_BITS;
    private byte[] palette = {};
    private int colourBytes;

    private BmpDecoder(byte[] file) { in = ByteReader.of(file, ByteOrder.LITTLE_ENDIAN); }

    /** Returns whether a file is a bitmap by its first bytes. */
    public static boolean begins(byte[] file) {
        return ByteReader.matches(file, 0, "BM");
    }

    /** Decodes a file. */
    public static Pixels decode(byte[] file) throws ImageFormatException {
        var decoder = new BmpDecoder(file);
        decoder.header();
        var pixels = Pixels.blank(decoder.width, decoder.height);
        if (decoder.compression == RLE8 || decoder.compression == RLE4) decoder.runs(pixels);
        else decoder.rows(pixels);
        return pixels;
    }

    private void header() throws ImageFormatException {
        long data = in.seek(10).u32(), size = in.u32(), colours = 0;
        long w, h;
        if (size == CORE) {
            w = in.u16();
            h = in.u16();
            in.skip(2);
            bits = in.u16();
        } else if (size >= 40 && size <= 124) {
            w = in.u32();
            h = in.s32();
            topDown = h < 0;
            in.skip(2);
            bits = in.u16();
            compression = in.s32();
            in.skip(12);
            colours = in.u32();
        } else throw ImageFormatException.damaged("its header has a length of " + size + " bytes");
        Limits.require(w, Math.abs(h));
        width = (int) w;
        height = (int) Math.abs(h);
        if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 && bits != 32)
            throw ImageFormatException.unsupported("a bitmap of " + bits + " bits");
        boolean runs = compression == RLE8 && bits == 8 || compression == RLE4 && bits == 4;
        boolean fields = (compression == BIT_FIELDS || compression == ALPHA_BIT_FIELDS) && bits >= 16;
        if (compression != RGB && !runs && !fields) throw ImageFormatException.unsupported("a bitmap with compression " + compression);
        if (bits == 16) masks = MASKS_OF_15_BITS;
        if (fields) masks(in.seek(FILE_HEADER + 40L));
        in.seek(Math.max(in.position(), FILE_HEADER + size));
        if (bits <= 8) {
            colourBytes = size == CORE ? 3 : 4;
            if (colours == 0) colours = 1L << bits;
            if (colours > 65536) throw ImageFormatException.damaged("its palette has " + colours + " colours");
            if (data == FILE_HEADER + size) data += colourBytes * colours; // some writers forget the palette, as Pillow knows
            palette = in.bytes(Math.min(colourBytes * colours, in.remaining()));
        }
        in.seek(data == 0 ? in.position() : data);
    }

    private void masks(ByteReader at) throws ImageFormatException {
        int[] read = {at.s32(), at.s32(), at.s32()};
        if ((read[0] | read[1] | read[2]) != 0) masks = read;
    }

    private int line(int stored) { return (topDown ? stored : height - 1 - stored) * width; }

    private void rows(Pixels pixels) throws ImageFormatException {
        long stride = ((long) width * bits + 31) / 32 * 4;
        if (stride * (height - 1) + ((long) width * bits + 7) / 8 > in.remaining()) throw ImageFormatException.truncated();
        for (int y = 0, line; y < height; y++) {
            byte[] row = in.bytes(Math.min(stride, in.remaining()));
            line = line(y);
            for (int x = 0; x < width; x++) {
                switch (bits) {
                    case 24 -> pixels.set(line + x, row[3 * x + 2], row[3 * x + 1], row[3 * x]);
                    case 16 -> fields(pixels, line + x, row[2 * x] & 0xFF | (row[2 * x + 1] & 0xFF) << 8);
                    case 32 -> fields(pixels, line + x,
                            row[4 * x] & 0xFF | (row[4 * x + 1] & 0xFF) << 8 | (row[4 * x + 2] & 0xFF) << 16 | row[4 * x + 3] << 24);
                    default -> colour(pixels, line + x, row[x * bits / 8] >> 8 - bits - x * bits % 8 & (1 << bits) - 1);
                }
            }
        }
    }

    private void fields(Pixels pixels, int at, int value) {
        pixels.set(at, field(value, masks[0]), field(value, masks[1]), field(value, masks[2]));
    }

    /** Returns the bits of a mask, scaled to 255. */
    private static int field(int value, int mask) {
        if (mask == 0) return 0;
        int shift = Integer.numberOfTrailingZeros(mask);
        long most = Integer.toUnsignedLong(mask >>> shift);
        return (int) (Integer.toUnsignedLong((value & mask) >>> shift) * 255 / most);
    }

    private void colour(Pixels pixels, int at, int index) {
        int from = index * colourBytes;
        if (from + 2 < palette.length) pixels.set(at, palette[from + 2], palette[from + 1], palette[from]);
    }

    /** Decodes run lengths: pairs of a count and a number, or a zero and an escape. */
    private void runs(Pixels pixels) throws ImageFormatException {
        var indices = new byte[width * height];
        int at = 0;
        while (at < indices.length) {
            int count = in.u8(), value = in.u8();
            if (count > 0) {
                for (int i = 0, n = Math.min(count, width - at % width); i < n; i++) indices[at++] = (byte) nibble(value, i);
            } else if (value == 0) at = (at + width - 1) / width * width;
            else if (value == 1) break;
            else if (value == 2) at = Math.min(at + in.u8() + in.u8() * width, indices.length);
            else {
                int bytes = compression == RLE4 ? (value + 1) / 2 : value;
                byte[] run = in.bytes(bytes);
                for (int i = 0; i < value && at < indices.length; i++)
                    indices[at++] = (byte) nibble(run[compression == RLE4 ? i / 2 : i], i);
                if (bytes % 2 != 0 && in.remaining() > 0) in.skip(1);
            }
        }
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++) colour(pixels, line(y) + x, indices[y * width + x] & 0xFF);
    }

    private int nibble(int value, int i) { return compression == RLE8 ? value : i % 2 == 0 ? value >> 4 & 15 : value & 15; }
}
