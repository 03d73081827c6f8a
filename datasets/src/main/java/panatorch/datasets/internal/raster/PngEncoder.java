package panatorch.datasets.internal.raster;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Writes PNG files of grey or RGB images with 8 bits, without interlacing (PNG specification, third edition). */
public final class PngEncoder {
    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int FILTERS = 5;

    private PngEncoder() {}

    /**
     * Encodes an image.
     *
     * @param pixels the numbers of each pixel, row by row
     * @param channels 1 for grey, 3 for red, green, blue
     * @param level compression from 0 (none) to 9 (smallest file)
     * @return the content of the file
     */
    public static byte[] encode(byte[] pixels, int width, int height, int channels, int level) {
        var file = new ByteArrayOutputStream();
        file.writeBytes(SIGNATURE);
        int colorType = channels == 1 ? 0 : 2;
        chunk(file, "IHDR", ByteBuffer.allocate(13).putInt(width).putInt(height).put((byte) 8).put((byte) colorType).array());
        chunk(file, "IDAT", compressed(pixels, width * channels, height, channels, level));
        chunk(file, "IEND", new byte[0]);
        return file.toByteArray();
    }

    private static void chunk(ByteArrayOutputStream file, String type, byte[] data) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        var crc = new CRC32();
        crc.update(name);
        crc.update(data);
        file.writeBytes(ByteBuffer.allocate(8).putInt(data.length).put(name).array());
        file.writeBytes(data);
        file.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    private static byte[] compressed(byte[] pixels, int stride, int height, int channels, int level) {
        var bytes = new ByteArrayOutputStream();
        var deflater = new Deflater(level);
        try (var out = new DataOutputStream(new DeflaterOutputStream(bytes, deflater))) {
            var rows = new byte[FILTERS][stride];
            for (int y = 0; y < height; y++) {
                int best = 0;
                long least = Long.MAX_VALUE;
                for (int filter = 0; filter < FILTERS; filter++) {
                    long sum = filter(filter, pixels, y, stride, channels, rows[filter]);
                    if (sum < least) {
                        least = sum;
                        best = filter;
                    }
                }
                out.writeByte(best);
                out.write(rows[best]);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // memory does not fail to be written
        } finally {
            deflater.end();
        }
        return bytes.toByteArray();
    }

    /** Filters a row, and returns the sum of the results' sizes, by which the specification suggests to choose the filter. */
    private static long filter(int filter, byte[] pixels, int y, int stride, int channels, byte[] to) {
        long sum = 0;
        for (int i = 0; i < stride; i++) {
            int at = y * stride + i;
            int left = i < channels ? 0 : pixels[at - channels] & 0xFF, up = y == 0 ? 0 : pixels[at - stride] & 0xFF;
            int corner = i < channels || y == 0 ? 0 : pixels[at - stride - channels] & 0xFF;
            int predicted = switch (filter) {
                case 0 -> 0;
                case 1 -> left;
                case 2 -> up;
                case 3 -> (left + up) / 2;
                default -> paeth(left, up, corner);
            };
            to[i] = (byte) (pixels[at] - predicted);
            sum += Math.abs(to[i]);
        }
        return sum;
    }

    private static int paeth(int left, int up, int corner) {
        int estimate = left + up - corner;
        int toLeft = Math.abs(estimate - left), toUp = Math.abs(estimate - up), toCorner = Math.abs(estimate - corner);
        return toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner;
    }
}
