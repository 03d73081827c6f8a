package panatorch.datasets;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Resampling with a filter that widens where the image shrinks, bit for bit as Pillow's {@code resize(size, filter, box)}: first along
 * rows, then along columns, in fixed-point numbers of 22 bits.
 */
final class Resampling {
    private static final int BITS = 22, HALF = 1 << BITS - 1;

    private Resampling() {}

    /**
     * The source pixels of every target pixel along one axis, and their weights.
     *
     * @param first the first source pixel of each target pixel
     * @param count the number of source pixels of each target pixel
     * @param weights fixed-point weights, {@code width} places for each target pixel
     */
    private record Axis(int[] first, int[] count, int[] weights, int width) {
        static Axis of(int sourceSize, double begin, double length, int targetSize, ResamplingFilter filter) {
            if (filter == ResamplingFilter.NEAREST) return nearest(sourceSize, begin, length / targetSize, targetSize);
            double scale = length / targetSize, spread = Math.max(scale, 1), reach = filter.reach * spread;
            int width = (int) Math.ceil(reach) * 2 + 1;
            var first = new int[targetSize];
            var count = new int[targetSize];
            var weights = new int[targetSize * width];
            var exact = new double[width];
            for (int i = 0; i < targetSize; i++) {
                double center = begin + (i + 0.5) * scale, sum = 0;
                first[i] = Math.max((int) (center - reach + 0.5), 0);
                count[i] = Math.min((int) (center + reach + 0.5), sourceSize) - first[i];
                for (int k = 0; k < count[i]; k++) {
                    exact[k] = filter.weight((first[i] + k - center + 0.5) * (1 / spread));
                    sum += exact[k];
                }
                for (int k = 0; k < count[i]; k++) weights[i * width + k] = fixedPoint(sum == 0 ? exact[k] : exact[k] / sum);
            }
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

        int last() { return first[first.length - 1] + count[count.length - 1]; }
    }

    /** Writes the part {@code box} of {@code image} to {@code to}, resized to {@code [3, height, width]}. */
    static void resample(Pixels image, Framing.Box box, int width, int height, ResamplingFilter filter, MemorySegment to) {
        Axis columns = Axis.of(image.width(), box.left(), box.width(), width, filter),
                rows = Axis.of(image.height(), box.top(), box.height(), height, filter);
        int top = rows.first[0], lines = rows.last() - top, line = 3 * width;
        byte[] narrow = alongRows(image, columns, top, lines);
        var result = new byte[3 * height * width];
        var sums = new int[line];
        for (int y = 0; y < height; y++) {
            Arrays.fill(sums, HALF);
            for (int k = 0; k < rows.count[y]; k++) {
                int weight = rows.weights[y * rows.width + k], from = (rows.first[y] - top + k) * line;
                for (int i = 0; i < line; i++) sums[i] += (narrow[from + i] & 0xFF) * weight;
            }
            for (int c = 0; c < 3; c++)
                for (int x = 0; x < width; x++) result[(c * height + y) * width + x] = eightBits(sums[3 * x + c]);
        }
        MemorySegment.copy(result, 0, to, ValueLayout.JAVA_BYTE, 0, result.length);
    }

    /** Resamples {@code lines} rows from {@code top} on along the rows; three bytes a pixel. */
    private static byte[] alongRows(Pixels image, Axis columns, int top, int lines) {
        byte[] rgb = image.rgb();
        int width = columns.first.length, at = 0;
        var result = new byte[3 * width * lines];
        for (int y = top; y < top + lines; y++) {
            for (int x = 0; x < width; x++) {
                int red = HALF, green = HALF, blue = HALF, from = 3 * (y * image.width() + columns.first[x]), w = x * columns.width;
                for (int k = 0; k < columns.count[x]; k++, from += 3) {
                    int weight = columns.weights[w + k];
                    red += (rgb[from] & 0xFF) * weight;
                    green += (rgb[from + 1] & 0xFF) * weight;
                    blue += (rgb[from + 2] & 0xFF) * weight;
                }
                result[at++] = eightBits(red);
                result[at++] = eightBits(green);
                result[at++] = eightBits(blue);
            }
        }
        return result;
    }

    private static byte eightBits(int sum) { return (byte) Math.clamp(sum >> BITS, 0, 255); }
}
