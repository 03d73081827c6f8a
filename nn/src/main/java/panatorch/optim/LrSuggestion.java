package panatorch.optim;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The rate that a range test suggests: where the loss falls fastest over the logarithm of the rate, before it diverges. Losses of single
 * batches scatter. So lines are fitted to each point's neighbourhood (Cleveland 1979, local regression, with Gaussian weights), and a fall
 * that is not well above the scatter gives no suggestion.
 */
final class LrSuggestion {
    /**
     * The number of standard errors by which the loss has to fall. Losses that only scatter reach it in one of forty sets of ten, and in
     * one of a hundred sets of twenty or more.
     */
    private static final double CLEAR = 4;
    /** The largest distance of a loss above the first ones, in multiples of the scatter; higher losses are clipped. */
    private static final double HIGHEST = 6;
    private static final int FEWEST = 10, WINDOWS = 12;
    /** The ratio, for a normal distribution, of the median absolute difference of two values to the standard deviation. */
    private static final double DIFFERENCE = 0.6745 * Math.sqrt(2);

    private final double[] losses, level, slope, error;

    private LrSuggestion(double[] losses) {
        this.losses = losses;
        level = new double[losses.length];
        slope = new double[losses.length];
        error = new double[losses.length];
        for (int i = 0; i < losses.length; i++) fit(i);
    }

    /** Returns the suggestion, or null if the loss does not fall clearly or there are too few steps. */
    static @Nullable Double of(List<LrFinder.Point> points) {
        if (points.size() < FEWEST) return null;
        double[] losses = points.stream().mapToDouble(LrFinder.Point::loss).toArray();
        // Clips a divergence, so that its height does not outweigh the small fall before it.
        double begin = median(Arrays.copyOf(losses, losses.length / 4)),
                ceiling = Math.min(1.5 * begin, begin + HIGHEST * scatter(losses, Math.max(FEWEST / 2, losses.length / 2)));
        int at = new LrSuggestion(Arrays.stream(losses).map(l -> Math.min(l, ceiling)).toArray()).steepest();
        return at < 0 ? null : points.get(at).lr();
    }

    /** Fits a line around a point by least squares; nearer points weigh more. */
    private void fit(int at) {
        double width = Math.max(1.5, (double) losses.length / WINDOWS), w = 0, wx = 0, wxx = 0;
        for (int j = 0; j < losses.length; j++) {
            double x = j - at, weight = weight(x, width);
            w += weight;
            wx += weight * x;
            wxx += weight * x * x;
        }
        double determinant = w * wxx - wx * wx, squares = 0;
        for (int j = 0; j < losses.length; j++) {
            double x = j - at, weight = weight(x, width), share = weight * (wxx - wx * x) / determinant;
            level[at] += share * losses[j];
            slope[at] += weight * (w * x - wx) / determinant * losses[j];
            squares += share * share;
        }
        error[at] = Math.sqrt(squares);
    }

    private static double weight(double x, double width) { return Math.exp(-0.5 * x * x / (width * width)); }

    private int steepest() {
        int lowest = 0, highest = 0, best = 0;
        for (int i = 1; i < level.length; i++) if (level[i] < level[lowest]) lowest = i;
        for (int i = 1; i <= lowest; i++) {
            if (level[i] > level[highest]) highest = i;
            if (slope[i] < slope[best]) best = i;
        }
        int before = Math.max(lowest + 1, FEWEST / 2); // losses that diverge scatter much more
        double scatter = scatter(losses, before);
        return level[highest] - level[lowest] > CLEAR * scatter * Math.hypot(error[highest], error[lowest]) ? best : -1;
    }

    /** Returns the standard deviation of the first {@code count} losses around their trend. */
    private static double scatter(double[] losses, int count) {
        return median(IntStream.range(1, count).mapToDouble(i -> Math.abs(losses[i] - losses[i - 1])).toArray()) / DIFFERENCE;
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
    }
}
