package panatorch.metrics;

import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Temperature scaling (Guo et al., 2017, arXiv:1706.04599, section 4.2): all logits are divided by one number T, which makes confidences lower
 * (T &gt; 1) or higher and leaves every most probable class as it is. T is fitted on examples that the model was not trained on.
 */
public record TemperatureScaling(double temperature) {
    /** Beyond these a softmax is as good as one-hot or uniform. */
    private static final double LOWEST = 0.01, HIGHEST = 100;

    public TemperatureScaling {
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) throw new IllegalArgumentException("a temperature is positive, not " + temperature);
    }

    /**
     * The temperature in [0.01, 100] of the least negative log-likelihood. That is convex in 1/T, so Newton's method finds it, kept between bounds
     * by bisection. Labels that all have the largest logit have it at 0.01, and those that logits say nothing about at 100.
     *
     * @param logits [N, C], finite; @param labels [N], in [0, C)
     * @throws IllegalArgumentException if they are not, or there is no example
     */
    public static TemperatureScaling fit(Tensor logits, Tensor labels) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor z = Inputs.scores("logits", logits), y = Inputs.classes("labels", labels, z);
            long classes = z.size(1), wrong = Inputs.outOfRange(y, classes).itemLong();
            if (wrong > 0) throw Inputs.outOfRange("labels", wrong, classes);
            if (!z.isfinite().all().itemBoolean()) throw new IllegalArgumentException("logits are finite, and some are not");
            z = z.to(DType.FLOAT64);
            z = z.sub(z.amax(1, true));                                  // the softmax stays the same
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

    /** First and second derivative of the mean of −log softmax(z/T)[label] by 1/T: the mean of E[z] − z[label], and of Var[z]. */
    private static double[] slope(Tensor z, double labelled, double inverse) {
        try (var scope = Scope.open()) {
            Tensor p = z.mul(inverse).softmax(1), mean = p.mul(z).sum(1, true), variance = p.mul(z.sub(mean).square()).sum(1);
            return new double[] {mean.mean().itemDouble() - labelled, variance.mean().itemDouble()};
        }
    }

    /** The logits [N, C] divided by the temperature; gradients pass. */
    public Tensor apply(Tensor logits) { return logits.div(temperature); }

    /** The softmax [N, C] of the divided logits. */
    public Tensor probabilities(Tensor logits) {
        try (var scope = Scope.open()) {
            return scope.move(apply(logits).softmax(-1));
        }
    }
}
