package panatorch.metrics;

import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Temperature scaling (Guo et al., 2017, arXiv:1706.04599, section 4.2): divides all logits by one number T. It lowers (T &gt; 1) or raises
 * confidences and keeps the most probable class of every example. Fit T on examples that the model was not trained on.
 */
public record TemperatureScaling(double temperature) {
    /** The bounds of the temperature. Beyond them, a softmax is practically one-hot or uniform. */
    private static final double LOWEST = 0.01, HIGHEST = 100;

    public TemperatureScaling {
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY))
            throw new IllegalArgumentException("the temperature has to be positive and finite, not " + temperature);
    }

    /**
     * Fits the temperature in [0.01, 100] that minimises the negative log-likelihood. The latter is convex in 1/T, so Newton's method finds
     * the minimum, kept between bounds by bisection. If all labels have the largest logit, the result is 0.01; if the logits carry no
     * information about the labels, it is 100.
     *
     * @param logits logits [N, C], finite
     * @param labels classes [N], in [0, C)
     * @throws IllegalArgumentException if an argument is out of its range, or there is no example
     */
    public static TemperatureScaling fit(Tensor logits, Tensor labels) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor z = Inputs.scores("logits", logits), y = Inputs.classes("labels", labels, z);
            long classes = z.size(1), wrong = Inputs.outOfRange(y, classes).itemLong();
            if (wrong > 0) throw Inputs.outOfRange("labels", wrong, classes);
            if (!z.isfinite().all().itemBoolean()) throw new IllegalArgumentException("some logits are not finite");
            z = z.to(DType.FLOAT64);
            z = z.sub(z.amax(1, true)); // leaves the softmax unchanged
            return new TemperatureScaling(1 / inverse(z, z.gather(1, y.unsqueeze(1)).mean().itemDouble()));
        }
    }

    private static double inverse(Tensor z, double labelled) {
        double low = 1 / HIGHEST, high = 1 / LOWEST;
        if (slope(z, labelled, low)[0] >= 0) return low;
        if (slope(z, labelled, high)[0] <= 0) return high;
        double at = 1;
        for (int i = 0; i < 100; i++) {
            double[] s = slope(z, labelled, at);
            if (s[0] < 0) low = at;
            else high = at;
            double next = at - s[0] / s[1];
            if (!(next > low && next < high)) next = Math.sqrt(low * high);
            if (Math.abs(next - at) <= 1e-12 * at) return next;
            at = next;
        }
        return at;
    }

    /**
     * Returns the first and second derivative of the mean of −log softmax(z/T)[label] with respect to 1/T: the mean of E[z] − z[label], and
     * of Var[z].
     */
    private static double[] slope(Tensor z, double labelled, double inverse) {
        try (var scope = Scope.open()) {
            Tensor p = z.mul(inverse).softmax(1), mean = p.mul(z).sum(1, true), variance = p.mul(z.sub(mean).square()).sum(1);
            return new double[] {mean.mean().itemDouble() - labelled, variance.mean().itemDouble()};
        }
    }

    /** Returns the logits [N, C] divided by the temperature, differentiably. */
    public Tensor apply(Tensor logits) {
        return logits.div(temperature);
    }

    /** Returns the softmax [N, C] of the divided logits. */
    public Tensor probabilities(Tensor logits) {
        try (var scope = Scope.open()) {
            return scope.move(apply(logits).softmax(-1));
        }
    }
}
