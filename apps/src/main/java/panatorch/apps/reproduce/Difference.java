package panatorch.apps.reproduce;

import java.util.List;

/**
 * The difference of a measure between two variants over seeds that both have. Both had the same initial weights and examples in the same
 * order for a seed, so what the seeds have in common cancels.
 *
 * @param values the difference of each seed
 * @param mean their mean; NaN without values
 * @param standardError standard error of the mean; NaN for fewer than two values
 * @param low lower end of the 95 % confidence interval of the mean by Student's t distribution; NaN for fewer than two values
 * @param high upper end of it
 */
record Difference(List<Double> values, double mean, double standardError, double low, double high) {
    /** Quantiles 0.975 of Student's t distribution with 1, 2, … degrees of freedom, as in any table of it. */
    private static final double[] T =
            {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101,
                2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
    private static final double NORMAL = 1.960;

    static Difference of(List<Double> values) {
        int n = values.size();
        double mean = values.stream().mapToDouble(v -> v).average().orElse(Double.NaN);
        if (n < 2) return new Difference(values, mean, Double.NaN, Double.NaN, Double.NaN);
        double squares = values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum(), error = Math.sqrt(squares / (n - 1) / n),
                half = (n - 2 < T.length ? T[n - 2] : NORMAL) * error;
        return new Difference(values, mean, error, mean - half, mean + half);
    }

    /** Returns whether the 95 % confidence interval leaves out zero. */
    boolean seen() { return low > 0 || high < 0; }
}
