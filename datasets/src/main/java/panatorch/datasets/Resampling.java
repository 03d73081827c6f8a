package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import panatorch.datasets.internal.image.Pixels;

/**
 * Bilinear resampling with a filter that widens where the image shrinks, bit for bit as Pillow's {@code resize(BILINEAR, box)}: first along
 * rows, then along columns, in fixed-point numbers of 22 bits.
 */
final class Resampling {
    private static final int BITS = 22, HALF = 1 << BITS - 1;
    private static final long HALVES = HALF | (long) HALF << 32;

    private Resampling() {}

    /**
     * The source pixels of every target pixel along one axis, and their weights.
     *
     * @param first the first source pixel of each target pixel
     * @param count the number of source pixels of each target pixel
     * @param weights fixed-point weights, {@code width} places for each target pixel, zeros behind the last
     * @param width the greatest number of source pixels
     */
    private record Axis(int[] first, int[] count, int[] weights, int width) {
        static Axis of(int sourceSize, double begin, double length, int targetSize) {
            double scale = length / targetSize, spread = Math.max(scale, 1);
            int most = (int) Math.ceil(spread) * 2 + 1, width = 0;
            var first = new int[targetSize];
            var count = new int[targetSize];
            var weights = new int[targetSize * most];
            var exact = new double[most];
            for (int i = 0; i < targetSize; i++) {
                double center = begin + (i + 0.5) * scale, sum = 0;
                first[i] = Math.max((int) (center - spread + 0.5), 0);
                count[i] = Math.min((int) (center + spread + 0.5), sourceSize) - first[i];
                for (int k = 0; k < count[i]; k++) {
                    exact[k] = Math.max(0, 1 - Math.abs((first[i] + k - center + 0.5) * (1 / spread)));
                    sum += exact[k];
                }
                for (int k = 0; k < count[i]; k++) weights[i * most + k] = (int) (0.5 + exact[k] / sum * (1 << BITS));
                width = Math.max(width, count[i]);
            }
            for (int i = 1; i < targetSize; i++) System.arraycopy(weights, i * most, weights, i * width, width);
            return new Axis(first, count, weights, width);
        }
    }

    /** Writes the part {@code box} of {@code image} to {@code to}, resized to {@code [3, height, width]}. */
    static void resample(Pixels image, Framing.Box box, int width, int height, MemorySegment to) {
        Axis columns = Axis.of(image.width(), box.left(), box.width(), width),
                rows = Axis.of(image.height(), box.top(), box.height(), height);
        var narrow = new int[rows.width + 1][3 * width]; // the last lines; int, as the JIT compiler vectorises no sums of bytes
        var packed = new long[3][image.width() + columns.width];
        var result = new byte[3 * height * width];
        var sums = new int[3 * width];
        int next = rows.first[0];
        for (int y = 0; y < height; y++) {
            int first = rows.first[y], last = first + rows.count[y];
            for (next = Math.max(next, first); next < last; next += 2)
                alongRows(image, columns, next, packed, narrow[next % narrow.length], narrow[(next + 1) % narrow.length]);
            Arrays.fill(sums, HALF);
            for (int line = first; line < last; line++)
                add(narrow[line % narrow.length], rows.weights[y * rows.width + line - first], sums);
            for (int c = 0; c < 3; c++)
                for (int x = 0, at = (c * height + y) * width, from = c * width; x < width; x++)
                    result[at + x] = (byte) (sums[from + x] >> BITS);
        }
        MemorySegment.copy(result, 0, to, ValueLayout.JAVA_BYTE, 0, result.length);
    }

    private static void add(int[] line, int weight, int[] sums) {
        for (int i = 0; i < sums.length; i++) sums[i] += line[i] * weight;
    }

    /**
     * Resamples row {@code y} and the next one along themselves: all red values, then green, then blue. Two values share a long, whose
     * halves no sum exceeds, so that one multiplication serves both.
     */
    private static void alongRows(Pixels image, Axis columns, int y, long[][] packed, int[] one, int[] two) {
        int width = columns.first.length, taps = columns.width;
        int[] weights = columns.weights;
        pack(image, columns.first[0], columns.first[width - 1] + columns.count[width - 1], y, packed);
        long[] a = packed[0], b = packed[1], c = packed[2];
        for (int x = 0, w = 0; x < width; x++) {
            long red = HALVES, blue = HALVES, green = HALVES;
            // As many for each target pixel, some with the weight 0: the processor predicts the end of such a loop.
            for (int from = columns.first[x], end = from + taps; from < end; from++) {
                long weight = weights[w++];
                red += a[from] * weight;
                blue += b[from] * weight;
                green += c[from] * weight;
            }
            one[x] = low(red);
            one[width + x] = high(red);
            one[2 * width + x] = low(blue);
            two[x] = high(blue);
            two[width + x] = low(green);
            two[2 * width + x] = high(green);
        }
    }

    /** Packs two rows: red and green of the first, its blue and red of the second, green and blue of the second. */
    private static void pack(Pixels image, int begin, int end, int y, long[][] packed) {
        byte[] rgb = image.rgb();
        long[] a = packed[0], b = packed[1], c = packed[2];
        int line = 3 * image.width(), from = y * line + 3 * begin, next = y + 1 < image.height() ? line : 0;
        for (int x = begin; x < end; x++, from += 3) {
            a[x] = rgb[from] & 0xFF | (rgb[from + 1] & 0xFFL) << 32;
            b[x] = rgb[from + 2] & 0xFF | (rgb[from + next] & 0xFFL) << 32;
            c[x] = rgb[from + next + 1] & 0xFF | (rgb[from + next + 2] & 0xFFL) << 32;
        }
    }

    private static int low(long sums) { return (int) sums >> BITS; }

    private static int high(long sums) { return low(sums >> 32); }
}
