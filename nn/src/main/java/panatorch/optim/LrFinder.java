package panatorch.optim;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * The learning-rate range test (Smith 2015, arXiv:1506.01186, section 3.3): a short training while the rate grows from very low to very
 * high. A good maximum rate is where the loss falls fastest, somewhat before it rises. Model and optimiser are restored afterwards; random
 * generators and data are not.
 */
public final class LrFinder {
    private LrFinder() {}

    /**
     * Options of the test. Each method returns changed options.
     *
     * @param minLr first rate
     * @param maxLr last rate
     * @param steps largest number of steps
     * @param smoothing weight of the past in the loss's moving average, in [0, 1)
     * @param divergence the test ends when the loss exceeds this multiple of the lowest loss
     */
    public record Options(double minLr, double maxLr, int steps, double smoothing, double divergence) {
        public Options {
            if (!(minLr > 0 && minLr < maxLr))
                throw new IllegalArgumentException("the rates have to be positive and increasing, not from " + minLr + " to " + maxLr);
            if (steps < 2) throw new IllegalArgumentException("the test needs at least 2 steps, not " + steps);
            if (!(smoothing >= 0 && smoothing < 1))
                throw new IllegalArgumentException("the smoothing has to be at least 0 and below 1, not " + smoothing);
        }

        public Options range(double min, double max) { return new Options(min, max, steps, smoothing, divergence); }
        public Options steps(int n) { return new Options(minLr, maxLr, n, smoothing, divergence); }
        public Options smoothing(double weight) { return new Options(minLr, maxLr, steps, weight, divergence); }
        public Options divergence(double times) { return new Options(minLr, maxLr, steps, smoothing, times); }
    }

    /** Returns 100 steps from 1e-7 to 10, smoothed by 0.9, until the loss is four times the lowest. */
    public static Options options() {
        return new Options(1e-7, 10, 100, 0.9, 4);
    }

    /** A step of the test: the rate, the loss before the step, and its bias-corrected moving average. */
    public record Point(double lr, double loss, double smoothed) {}

    /**
     * The result of the test.
     *
     * @param points steps of the test, for a plot of the smoothed loss over the logarithm of the rate
     * @param suggestion rate where the loss falls fastest, by lines fitted to each point's neighbourhood (Cleveland 1979); null if the fall
     * is not well above the scatter of the batches, or there were fewer than ten steps
     */
    public record Result(List<Point> points, @Nullable Double suggestion) {}

    /**
     * Runs the test.
     *
     * @param step trains one step at the optimiser's current rate and returns the loss
     * @throws IllegalStateException if the first two losses are not finite
     */
    public static Result run(Module model, Optimizer optimizer, DoubleSupplier step, Options o) {
        try (var scope = Scope.open()) {
            var weights = new LinkedHashMap<String, Tensor>();
            Map<String, Object> state;
            try (var noGrad = NoGrad.enter()) {
                model.stateDict().forEach((name, t) -> weights.put(name, t.clone()));
                state = copied(optimizer.stateDict());
            }
            try {
                List<Point> points = points(optimizer, step, o);
                return new Result(points, LrSuggestion.of(points));
            } finally {
                model.loadStateDict(weights);
                optimizer.loadStateDict(state);
            }
        }
    }

    private static List<Point> points(Optimizer optimizer, DoubleSupplier step, Options o) {
        var points = new ArrayList<Point>();
        double average = 0, lowest = Double.POSITIVE_INFINITY;
        for (int i = 0; i < o.steps; i++) {
            double lr = o.minLr * Math.pow(o.maxLr / o.minLr, i / (o.steps - 1.0));
            optimizer.setLearningRate(lr);
            double loss = step.getAsDouble();
            if (!Double.isFinite(loss)) break;
            average = o.smoothing * average + (1 - o.smoothing) * loss;
            double smoothed = average / (1 - Math.pow(o.smoothing, i + 1));
            points.add(new Point(lr, loss, smoothed));
            lowest = Math.min(lowest, smoothed);
            if (i > 0 && smoothed > o.divergence * lowest) break;
        }
        if (points.size() < 2)
            throw new IllegalStateException("the loss is not finite at the lowest rates; check the model and its inputs");
        return Collections.unmodifiableList(points);
    }

    /** Returns the same maps and lists with copies of the tensors. */
    private static Map<String, Object> copied(Map<String, Object> state) {
        var copy = new LinkedHashMap<String, Object>();
        state.forEach((k, v) -> copy.put(k, java.util.Objects.requireNonNull(deepCopy(v))));
        return copy;
    }

    private static @Nullable Object deepCopy(@Nullable Object value) {
        if (value instanceof Tensor t) return t.clone();
        if (value instanceof Map<?, ?> map) {
            var copy = new LinkedHashMap<Object, @Nullable Object>();
            map.forEach((k, v) -> copy.put(k, deepCopy(v)));
            return copy;
        }
        if (value instanceof List<?> list) {
            var copy = new ArrayList<@Nullable Object>();
            for (Object v : list) copy.add(deepCopy(v));
            return copy;
        }
        return value;
    }
}
