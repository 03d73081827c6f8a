package panatorch.optim;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The rate that a range test suggests: where the loss falls fastest over the rate's logarithm, before it diverges. Losses of single batches scatter, so
 * lines are fitted to each point's surroundings (Cleveland 1979, local regression, with Gaussian weights), and a fall that is not well above the scatter
 * suggests nothing.
 */
final class LrSuggestion {
    /** How many standard errors the loss has to fall: of losses that only scatter, so do one in forty sets of ten, and one in a hundred of twenty or more. */
    private static final double CLEAR = 4;
    /** How many times the scatter a loss may lie above those of the beginning; a higher one is cut to it. */
    private static final double HIGHEST = 6;
    private static final int FEWEST = 10, WINDOWS = 12;
    /** Of a normal distribution: the median of the absolute difference of two values over the standard deviation. */
    private static final double DIFFERENCE = 0.6745 * Math.sqrt(2);

    private final double[] losses, level, slope, error;

    private LrSuggestion(double[] losses) {
        this.losses = losses;
        level = new double[losses.length];
        slope = new double[losses.length];
        error = new double[losses.length];
        for (int i = 0; i < losses.length; i++) fit(i);
    }

    /** @return null where the loss does not fall clearly, or the steps are too few to tell */
    static @Nullable Double of(List<LrFinder.Point> points) {
        if (points.size() < FEWEST) return null;
        double[] losses = points.stream().mapToDouble(LrFinder.Point::loss).toArray();
        // Of a divergence only that it rises counts, lest it reaches into what was before, which may have fallen by little.
        double begin = median(Arrays.copyOf(losses, losses.length / 4)), ceiling = Math.min(1.5 * begin, begin + HIGHEST * scatter(losses, Math.max(FEWEST / 2, losses.length / 2)));
        int at = new LrSuggestion(Arrays.stream(losses).map(l -> Math.min(l, ceiling)).toArray()).steepest();
        return at < 0 ? null : points.get(at).lr();
    }

    /** Least squares of a line around a point, nearer ones counting more. */
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
        int before = Math.max(lowest + 1, FEWEST / 2); // where it diverges, losses scatter much more
        double scatter = scatter(losses, before);
        return level[highest] - level[lowest] > CLEAR * scatter * Math.hypot(error[highest], error[lowest]) ? best : -1;
    }

    /** The standard deviation of single losses around their course, of the first {@code count}. */
    private static double scatter(double[] losses, int count) { return median(IntStream.range(1, count).mapToDouble(i -> Math.abs(losses[i] - losses[i - 1])).toArray()) / DIFFERENCE; }

    private static double median(double[] values) {
        Arrays.sort(values);
        return (values[(values.length - 1) / 2] + values[values.length / 2]) / 2;
    }
}
