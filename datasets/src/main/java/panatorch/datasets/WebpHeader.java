package panatorch.datasets;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The size that the picture of a WebP declares. A damaged or hostile one may declare far more pixels than its bytes can hold, and the
 * reader would compute them all before it notices.
 *
 * @param lossy whether the picture is a VP8 key frame; otherwise it is lossless
 * @param bytes length of the picture's chunk
 */
record WebpHeader(int width, int height, boolean lossy, int bytes) {
    private static final int FIRST_CHUNK = 12, CHUNK_HEADER = 8, LOSSY = fourCharacters("VP8 "), LOSSLESS = fourCharacters("VP8L");
    /** The side of a macroblock. Its prediction modes alone take more than one bit (RFC 6386, section 11). */
    private static final int MACROBLOCK = 16;
    /**
     * The pixels that a lossless picture may have whatever its length, as a picture of one colour takes no bits for its pixels; and the
     * pixels that a bit can hold otherwise, the longest copy of earlier pixels.
     */
    private static final long FREE_PIXELS = 1 << 24, LONGEST_COPY = 4096;

    /** Returns the header of a file's picture, or one of no pixels if there is none before other kinds of chunks. */
    static WebpHeader of(byte[] file) {
        var bytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        for (long at = FIRST_CHUNK; at + CHUNK_HEADER + 10 <= file.length;) {
            int kind = bytes.getInt((int) at), data = (int) at + CHUNK_HEADER;
            long length = Integer.toUnsignedLong(bytes.getInt((int) at + 4));
            int there = (int) Math.min(length, file.length - data);
            if (kind == LOSSY)
                return new WebpHeader(bytes.getShort(data + 6) & 0x3FFF, bytes.getShort(data + 8) & 0x3FFF, true, there);
            if (kind == LOSSLESS) {
                int size = bytes.getInt(data + 1);
                return new WebpHeader((size & 0x3FFF) + 1, (size >> 14 & 0x3FFF) + 1, false, there);
            }
            at = data + length + (length & 1);
        }
        return new WebpHeader(0, 0, false, 0);
    }

    /** Returns whether a picture of this size can be that short. */
    boolean fits() {
        long bits = 8L * bytes;
        if (lossy) return (long) macroblocks(width) * macroblocks(height) <= bits;
        return (long) width * height <= FREE_PIXELS + LONGEST_COPY * bits;
    }

    private static int macroblocks(int pixels) { return (pixels + MACROBLOCK - 1) / MACROBLOCK; }

    private static int fourCharacters(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
    }
}
