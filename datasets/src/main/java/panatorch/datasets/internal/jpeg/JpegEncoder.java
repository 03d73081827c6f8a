package panatorch.datasets.internal.jpeg;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;

/**
 * Writes sequential JPEG files (ITU-T T.81) as libjpeg does by default: JFIF, Huffman codes of annex K, and, for colours, YCbCr with one
 * sample of Cb and Cr for four pixels. The files are those of libjpeg-turbo, byte for byte.
 */
public final class JpegEncoder {
    private static final int[] LUMINANCE = {16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
        14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121,
        120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
    private static final int[] CHROMINANCE = {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99,
        99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99};
    private static final int[] ZIGZAG = {0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,
        6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
        47, 55, 62, 63};
    private static final byte[] JFIF = {'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0};

    /**
     * A colour component.
     *
     * @param sampling blocks of the component in one direction of a unit
     * @param across blocks in a row that hold samples
     * @param down rows of blocks that hold samples
     * @param samples samples of {@code 8 · across} columns and {@code 8 · down} rows
     * @param quantization divisors in the order of rows
     */
    private record Plane(int sampling, int across, int down, byte[] samples, int[] quantization, EntropyWriter.Code dc,
            EntropyWriter.Code ac) {}

    private final ByteArrayOutputStream file = new ByteArrayOutputStream();

    private JpegEncoder() {}

    /**
     * Encodes an image.
     *
     * @param pixels the numbers of each pixel, row by row
     * @param width from 1 to 65535
     * @param height from 1 to 65535
     * @param channels 1 for grey, 3 for red, green, blue
     * @param quality from 1 (smallest file) to 100
     * @return the content of the file
     */
    public static byte[] encode(byte[] pixels, int width, int height, int channels, int quality) {
        int[] luminance = scaled(LUMINANCE, quality), chrominance = scaled(CHROMINANCE, quality);
        Plane[] planes = channels == 1
                ? new Plane[] {plane(1, width, height, pixels, luminance, true)}
                : colors(pixels, width, height, luminance, chrominance);
        return new JpegEncoder().written(planes, width, height);
    }

    private static int[] scaled(int[] table, int quality) {
        int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
        return Arrays.stream(table).map(q -> Math.clamp((q * percent + 50) / 100, 1, 255)).toArray();
    }

    private static Plane plane(int sampling, int width, int height, byte[] samples, int[] quantization, boolean luminance) {
        int across = (width + 7) / 8, down = (height + 7) / 8;
        var filled = new byte[64 * across * down];
        for (int y = 0; y < 8 * down; y++) {
            int from = Math.min(y, height - 1) * width, to = 8 * across * y;
            System.arraycopy(samples, from, filled, to, width);
            Arrays.fill(filled, to + width, to + 8 * across, samples[from + width - 1]);
        }
        return new Plane(sampling, across, down, filled, quantization,
                luminance ? EntropyWriter.LUMINANCE_DC : EntropyWriter.CHROMINANCE_DC,
                luminance ? EntropyWriter.LUMINANCE_AC : EntropyWriter.CHROMINANCE_AC);
    }

    private static Plane[] colors(byte[] rgb, int width, int height, int[] luminance, int[] chrominance) {
        int n = width * height;
        byte[] y = new byte[n], cb = new byte[n], cr = new byte[n];
        for (int i = 0; i < n; i++) {
            int r = rgb[3 * i] & 0xFF, g = rgb[3 * i + 1] & 0xFF, b = rgb[3 * i + 2] & 0xFF;
            y[i] = (byte) (19595 * r + 38470 * g + 7471 * b + 32768 >> 16);
            cb[i] = (byte) (-11059 * r - 21709 * g + 32768 * b + (128 << 16) + 32767 >> 16);
            cr[i] = (byte) (32768 * r - 27439 * g - 5329 * b + (128 << 16) + 32767 >> 16);
        }
        int columns = (width + 15) / 16 * 8, rows = (height + 1) / 2;
        return new Plane[] {plane(2, width, height, y, luminance, true),
            plane(1, columns, rows, halved(cb, width, height, columns), chrominance, false),
            plane(1, columns, rows, halved(cr, width, height, columns), chrominance, false)};
    }

    /**
     * Averages squares of four samples. The rounding alternates between columns, so that it has no bias.
     *
     * @param columns columns of the result; those beyond the samples average the last column
     */
    private static byte[] halved(byte[] samples, int width, int height, int columns) {
        int rows = (height + 1) / 2;
        var half = new byte[rows * columns];
        for (int y = 0; y < rows; y++) {
            int upper = 2 * y * width, lower = Math.min(2 * y + 1, height - 1) * width;
            for (int x = 0; x < columns; x++) {
                int left = Math.min(2 * x, width - 1), right = Math.min(2 * x + 1, width - 1);
                int sum = (samples[upper + left] & 0xFF) + (samples[upper + right] & 0xFF) + (samples[lower + left] & 0xFF)
                        + (samples[lower + right] & 0xFF);
                half[y * columns + x] = (byte) (sum + 1 + x % 2 >> 2);
            }
        }
        return half;
    }

    private byte[] written(Plane[] planes, int width, int height) {
        file.write(0xFF);
        file.write(0xD8);
        segment(0xE0, JFIF);
        for (int t = 0; t < Math.min(2, planes.length); t++) {
            var table = new byte[65];
            table[0] = (byte) t;
            for (int k = 0; k < 64; k++) table[k + 1] = (byte) planes[t].quantization[ZIGZAG[k]];
            segment(0xDB, table);
        }
        segment(0xC0, frame(planes, width, height));
        for (int t = 0; t < Math.min(2, planes.length); t++) {
            segment(0xC4, huffman(t, planes[t].dc));
            segment(0xC4, huffman(0x10 | t, planes[t].ac));
        }
        segment(0xDA, scan(planes.length));
        blocks(planes);
        file.write(0xFF);
        file.write(0xD9);
        return file.toByteArray();
    }

    private void segment(int marker, byte[] content) {
        file.write(0xFF);
        file.write(marker);
        file.write(content.length + 2 >> 8);
        file.write(content.length + 2);
        file.writeBytes(content);
    }

    private static byte[] frame(Plane[] planes, int width, int height) {
        var content = new byte[6 + 3 * planes.length];
        content[0] = 8;
        content[1] = (byte) (height >> 8);
        content[2] = (byte) height;
        content[3] = (byte) (width >> 8);
        content[4] = (byte) width;
        content[5] = (byte) planes.length;
        for (int c = 0; c < planes.length; c++) {
            content[6 + 3 * c] = (byte) (c + 1);
            content[7 + 3 * c] = (byte) (planes[c].sampling << 4 | planes[c].sampling);
            content[8 + 3 * c] = (byte) Math.min(c, 1);
        }
        return content;
    }

    private static byte[] huffman(int id, EntropyWriter.Code code) {
        var content = new byte[code.definition().length + 1];
        content[0] = (byte) id;
        System.arraycopy(code.definition(), 0, content, 1, code.definition().length);
        return content;
    }

    private static byte[] scan(int components) {
        var content = new byte[4 + 2 * components];
        content[0] = (byte) components;
        for (int c = 0; c < components; c++) {
            content[1 + 2 * c] = (byte) (c + 1);
            content[2 + 2 * c] = (byte) (c == 0 ? 0 : 0x11);
        }
        content[2 + 2 * components] = 63;
        return content;
    }

    /** Writes the blocks, in units of as many blocks of each component as it has in one direction, squared. */
    private void blocks(Plane[] planes) {
        var out = new EntropyWriter(file);
        var previous = new int[planes.length];
        var block = new int[64];
        var coefficients = new int[64];
        int size = planes[0].sampling, across = (planes[0].across + size - 1) / size, down = (planes[0].down + size - 1) / size;
        for (int row = 0; row < down; row++) {
            for (int column = 0; column < across; column++) {
                for (int c = 0; c < planes.length; c++) {
                    Plane p = planes[c];
                    for (int b = 0; b < p.sampling * p.sampling; b++) {
                        int y = row * p.sampling + b / p.sampling, x = column * p.sampling + b % p.sampling;
                        if (x < p.across && y < p.down) quantize(p, x, y, block, coefficients);
                        else { // beyond the image: a block of the colour before it takes the fewest bits
                            Arrays.fill(coefficients, 0);
                            coefficients[0] = previous[c];
                        }
                        out.write(coefficients, previous[c], p.dc, p.ac);
                        previous[c] = coefficients[0];
                    }
                }
            }
        }
        out.finish();
    }

    private static void quantize(Plane p, int x, int y, int[] block, int[] coefficients) {
        for (int i = 0; i < 64; i++) block[i] = (p.samples[(8 * y + i / 8) * 8 * p.across + 8 * x + i % 8] & 0xFF) - 128;
        ForwardDct.transform(block);
        for (int k = 0; k < 64; k++) {
            int value = block[ZIGZAG[k]], divisor = 8 * p.quantization[ZIGZAG[k]], size = (Math.abs(value) + divisor / 2) / divisor;
            coefficients[k] = value < 0 ? -size : size;
        }
    }
}
