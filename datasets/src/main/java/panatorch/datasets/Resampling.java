package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import panatorch.datasets.internal.image.Pixels;

/**
 * Resampling with a filter that widens where the image shrinks, bit for bit as Pillow's {@code resize(size, filter, box)}: first along
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
        static Axis of(int sourceSize, double begin, double length, int targetSize, ResamplingFilter filter) {
            if (filter == ResamplingFilter.NEAREST) return nearest(sourceSize, begin, length / targetSize, targetSize);
            double scale = length / targetSize, spread = Math.max(scale, 1), reach = filter.reach * spread;
            int most = (int) Math.ceil(reach) * 2 + 1, width = 0;
            var first = new int[targetSize];
            var count = new int[targetSize];
            var weights = new int[targetSize * most];
            var exact = new double[most];
            for (int i = 0; i < targetSize; i++) {
                double center = begin + (i + 0.5) * scale, sum = 0;
                first[i] = Math.max((int) (center - reach + 0.5), 0);
                count[i] = Math.min((int) (center + reach + 0.5), sourceSize) - first[i];
                for (int k = 0; k < count[i]; k++) {
                    exact[k] = filter.weight((first[i] + k - center + 0.5) * (1 / spread));
                    sum += exact[k];
                }
                for (int k = 0; k < count[i]; k++) weights[i * most + k] = fixedPoint(sum == 0 ? exact[k] : exact[k] / sum);
                width = Math.max(width, count[i]);
            }
            for (int i = 1; i < targetSize; i++) System.arraycopy(weights, i * most, weights, i * width, width);
            return new Axis(first, count, weights, width);
        }

        private static int fixedPoint(double weight) { return (int) (weight * (1 << BITS) + (weight < 0 ? -0.5 : 0.5)); }

        /** Takes one pixel for each; the places are summed up, as Pillow does, because the sum's rounding decides between two pixels. */
        private static Axis nearest(int sourceSize, double begin, double scale, int targetSize) {
            var first = new int[targetSize];
            var ones = new int[targetSize];
            var weights = new int[targetSize];
            double place = begin + scale * 0.5;
            for (int i = 0; i < targetSize; i++, place += scale) {
                first[i] = Math.min((int) place, sourceSize - 1);
                ones[i] = 1;
                weights[i] = 1 << BITS;
            }
            return new Axis(first, ones, weights, 1);
        }

        /** Returns whether sums may be below 0 or above 255. */
        boolean exceeds() {
            for (int w : weights) if (w < 0) return true;
            return false;
        }
    }

    /** Writes the part {@code box} of {@code image} to {@code to}, resized to {@code [3, height, width]}. */
    static void resample(Pixels image, Framing.Box box, int width, int height, ResamplingFilter filter, MemorySegment to) {
        Axis columns = Axis.of(image.width(), box.left(), box.width(), width, filter),
                rows = Axis.of(image.height(), box.top(), box.height(), height, filter);
        boolean clamped = columns.exceeds() || rows.exceeds();
        var narrow = new int[rows.width + 1][3 * width]; // the last lines; int, as the JIT compiler vectorises no sums of bytes
        var packed = new long[3][image.width() + columns.width];
        var result = new byte[3 * height * width];
        var sums = new int[3 * width];
        int next = rows.first[0];
        for (int y = 0; y < height; y++) {
            int first = rows.first[y], last = first + rows.count[y];
            for (next = Math.max(next, first); next < last; next += 2) {
                int[] one = narrow[next % narrow.length], two = narrow[(next + 1) % narrow.length];
                alongRows(image, columns, next, packed, one, two);
                if (!clamped) continue;
                clamp(one, 0);
                clamp(two, 0);
            }
            Arrays.fill(sums, HALF);
            for (int line = first; line < last; line++)
                add(narrow[line % narrow.length], rows.weights[y * rows.width + line - first], sums);
            if (clamped) clamp(sums, BITS);
            for (int c = 0; c < 3; c++)
                for (int x = 0, at = (c * height + y) * width, from = c * width; x < width; x++)
                    result[at + x] = (byte) (sums[from + x] >> BITS);
        }
        MemorySegment.copy(result, 0, to, ValueLayout.JAVA_BYTE, 0, result.length);
    }

    /** Limits numbers with {@code bits} fractional bits to those of a byte. */
    private static void clamp(int[] numbers, int bits) {
        int most = (256 << bits) - 1;
        for (int i = 0; i < numbers.length; i++) numbers[i] = Math.max(0, Math.min(numbers[i], most));
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

    /** Returns the upper value, from which a negative lower one has borrowed. */
    private static int high(long sums) {
        return low(sums - (int) sums >> 32);
    }
}
