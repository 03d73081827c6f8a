package panatorch.datasets.internal.tiff;

import java.nio.ByteOrder;
import java.util.Arrays;
import panatorch.datasets.internal.image.ImageFormatException;
import panatorch.datasets.internal.image.Pixels;

/** The layout of an image's samples, and their conversion to pixels. */
final class Samples {
    static final int YCBCR = 6;
    private static final int WHITE_IS_ZERO = 0, BLACK_IS_ZERO = 1, RGB = 2, PALETTE = 3, CMYK = 5;
    private static final int SIGNED = 2, FLOAT = 3, PREMULTIPLIED = 1, DIFFERENCES = 2, FLOAT_DIFFERENCES = 3, MAX_SAMPLES = 64;

    private final int photometric, bits, count, format, predictor, chromaAcross, chromaDown;
    private final boolean littleEndian, premultiplied;
    private final long[] palette;

    Samples(Directory tags) throws ImageFormatException {
        photometric = (int) tags.number(Directory.PHOTOMETRIC, 0);
        long[] all = tags.numbers(Directory.BITS);
        bits = (int) (all.length == 0 ? 1 : all[0]);
        long samples = tags.number(Directory.SAMPLES, 1), extra = tags.number(Directory.EXTRA_SAMPLES, -1);
        format = (int) tags.number(Directory.SAMPLE_FORMAT, 1);
        predictor = (int) tags.number(Directory.PREDICTOR, 1);
        littleEndian = tags.order() == ByteOrder.LITTLE_ENDIAN;
        palette = photometric == PALETTE ? tags.numbers(Directory.COLOUR_MAP) : new long[0];
        premultiplied = extra == PREMULTIPLIED && photometric == RGB && samples > 3;
        long[] chroma = tags.numbers(Directory.CHROMA_SUBSAMPLING);
        boolean subsampled = photometric == YCBCR && samples == 3;
        chromaAcross = subsampled ? chroma.length == 2 ? (int) chroma[0] : 2 : 1;
        chromaDown = subsampled ? chroma.length == 2 ? (int) chroma[1] : 2 : 1;
        if (samples < needed() || samples > MAX_SAMPLES) throw ImageFormatException.damaged("its pixels have " + samples + " samples");
        count = (int) samples;
        for (long b : all) if (b != bits) throw ImageFormatException.unsupported("a TIFF with samples of different numbers of bits");
        boolean grey = photometric == WHITE_IS_ZERO || photometric == BLACK_IS_ZERO;
        boolean known = switch (bits) {
            case 1, 2, 4 -> (grey || photometric == PALETTE) && count == 1;
            case 8 -> true;
            case 12, 32 -> grey && count == 1;
            case 16 -> photometric != PALETTE && photometric != YCBCR;
            default -> false;
        };
        boolean possible = chromaAcross >= 1 && chromaAcross <= 4 && chromaDown >= 1 && chromaDown <= 4;
        if (!known || !possible || format > FLOAT || format == FLOAT && bits != 32)
            throw ImageFormatException.unsupported("a TIFF of kind " + photometric + " with " + count + " samples of " + bits + " bits");
    }

    private int needed() throws ImageFormatException {
        return switch (photometric) {
            case WHITE_IS_ZERO, BLACK_IS_ZERO, PALETTE -> 1;
            case RGB, YCBCR -> 3;
            case CMYK -> 4;
            default -> throw ImageFormatException.unsupported("a TIFF with the colour space " + photometric);
        };
    }

    int count() { return count; }

    private boolean subsampled() { return chromaAcross * chromaDown > 1; }

    /** Returns the length of a row in bytes. */
    int rowBytes(int width, boolean planar) {
        return (int) (((long) width * bits * (planar ? 1 : count) + 7) / 8);
    }

    /** Returns the length of a strip or tile in bytes. */
    int chunkBytes(int width, int rows, boolean planar) {
        if (subsampled() && !planar)
            return Math.multiplyExact(TiffDecoder.ceil(width, chromaAcross) * TiffDecoder.ceil(rows, chromaDown), unitBytes());
        return Math.multiplyExact(rowBytes(width, planar), rows);
    }

    private int unitBytes() { return chromaAcross * chromaDown + 2; }

    /** Adds up differences of neighbours in place. */
    void undoPrediction(byte[] chunk, int rowBytes, int width, int rows, int samples) throws ImageFormatException {
        if (predictor == 1 || subsampled()) return;
        if (predictor == FLOAT_DIFFERENCES && bits == 32) {
            for (int y = 0; y < rows; y++) floatDifferences(chunk, y * rowBytes, rowBytes);
            return;
        }
        if (predictor != DIFFERENCES || bits < 8 || bits == 12)
            throw ImageFormatException.unsupported("a TIFF with predictor " + predictor + " and " + bits + " bits");
        int bytes = bits / 8, step = samples * bytes;
        for (int y = 0; y < rows; y++) {
            for (int at = y * rowBytes + step, end = (y + 1) * rowBytes; at + bytes <= end; at += bytes) {
                int carry = 0;
                for (int k = 0; k < bytes; k++) { // from the lowest byte on
                    int i = littleEndian ? at + k : at + bytes - 1 - k;
                    carry += (chunk[i] & 0xFF) + (chunk[i - step] & 0xFF);
                    chunk[i] = (byte) carry;
                    carry >>= 8;
                }
            }
        }
    }

    /** Undoes Adobe's predictor of floating-point numbers: bytes of equal weight stand together, highest first, as differences. */
    private void floatDifferences(byte[] chunk, int from, int length) {
        for (int i = from + 1; i < from + length; i++) chunk[i] += chunk[i - 1];
        byte[] row = Arrays.copyOfRange(chunk, from, from + length);
        int n = length / 4;
        for (int i = 0; i < n; i++)
            for (int k = 0; k < 4; k++) chunk[from + 4 * i + k] = row[(littleEndian ? 3 - k : k) * n + i];
    }

    /**
     * Converts a row.
     *
     * @param planes the samples of a strip or tile, one array for each sample or one for all
     * @param at the first pixel's place in the image
     */
    void convert(byte[][] planes, int y, int chunkWidth, int width, Pixels to, int at) {
        if (subsampled()) {
            for (int x = 0; x < width; x++) ofChroma(planes[0], x, y, chunkWidth, to, at + x);
            return;
        }
        int row = y * rowBytes(chunkWidth, planes.length > 1);
        for (int x = 0; x < width; x++, at++) {
            switch (photometric) {
                case RGB -> rgb(planes, row, x, to, at);
                case CMYK -> to.setInk(at, sample(planes, row, x, 0), sample(planes, row, x, 1), sample(planes, row, x, 2),
                        255 - sample(planes, row, x, 3));
                case YCBCR -> chroma(sample(planes, row, x, 0), sample(planes, row, x, 1), sample(planes, row, x, 2), to, at);
                case PALETTE -> {
                    int index = bits == 8 ? sample(planes, row, x, 0) : packed(planes[0], row, x), third = palette.length / 3;
                    if (index < third)
                        to.set(at, (int) (palette[index] >> 8), (int) (palette[third + index] >> 8),
                                (int) (palette[2 * third + index] >> 8));
                }
                default -> {
                    int grey = grey(planes, row, x);
                    to.set(at, grey, grey, grey);
                }
            }
        }
    }

    private void rgb(byte[][] planes, int row, int x, Pixels to, int at) {
        int red = sample(planes, row, x, 0), green = sample(planes, row, x, 1), blue = sample(planes, row, x, 2);
        if (premultiplied) {
            int alpha = sample(planes, row, x, 3);
            to.set(at, straight(red, alpha), straight(green, alpha), straight(blue, alpha));
        } else to.set(at, red, green, blue);
    }

    private static int straight(int colour, int alpha) { return alpha == 0 ? 0 : Math.min(255, colour * 255 / alpha); }

    /** Returns a sample of 8 bits, or the upper byte of one of 16. */
    private int sample(byte[][] planes, int row, int x, int sample) {
        byte[] plane = planes.length > 1 ? planes[sample] : planes[0];
        int bytes = bits / 8, index = planes.length > 1 ? x : x * count + sample;
        return plane[row + index * bytes + (littleEndian ? bytes - 1 : 0)] & 0xFF;
    }

    private int packed(byte[] plane, int row, int x) {
        return (plane[row + x * bits / 8] & 0xFF) >> 8 - bits - x * bits % 8 & (1 << bits) - 1;
    }

    private int grey(byte[][] planes, int row, int x) {
        byte[] plane = planes[0];
        if (bits < 8) {
            int value = packed(plane, row, x) * 255 / ((1 << bits) - 1);
            return photometric == WHITE_IS_ZERO ? 255 - value : value;
        }
        if (bits == 8) {
            int value = sample(planes, row, x, 0);
            return photometric == WHITE_IS_ZERO ? 255 - value : value;
        }
        if (bits == 12) {
            int at = row + x * 3 / 2, a = plane[at] & 0xFF, b = plane[at + 1] & 0xFF;
            return Math.min(255, x % 2 == 0 ? a << 4 | b >> 4 : (a & 15) << 8 | b);
        }
        int bytes = bits / 8, value = 0;
        for (int k = 0, at = row + x * (planes.length > 1 ? 1 : count) * bytes; k < bytes; k++)
            value = value << 8 | plane[at + (littleEndian ? bytes - 1 - k : k)] & 0xFF;
        if (format == FLOAT) return (int) Math.clamp(Float.intBitsToFloat(value), 0f, 255f);
        return Math.clamp(format == SIGNED && bits == 16 ? (short) value : value, 0, 255);
    }

    private void ofChroma(byte[] units, int x, int y, int chunkWidth, Pixels to, int at) {
        int unit = (y / chromaDown * TiffDecoder.ceil(chunkWidth, chromaAcross) + x / chromaAcross) * unitBytes(),
                chroma = unit + chromaAcross * chromaDown;
        chroma(units[unit + y % chromaDown * chromaAcross + x % chromaAcross] & 0xFF, units[chroma] & 0xFF, units[chroma + 1] & 0xFF, to,
                at);
    }

    private static void chroma(int luma, int blue, int red, Pixels to, int at) {
        double b = blue - 128, r = red - 128;
        to.set(at, clip(luma + 1.402 * r), clip(luma - 0.344136 * b - 0.714136 * r), clip(luma + 1.772 * b));
    }

    private static int clip(double value) { return (int) Math.clamp(Math.rint(value), 0, 255); }
}
