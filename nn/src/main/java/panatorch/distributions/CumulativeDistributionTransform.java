package panatorch.distributions;

import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * The cumulative distribution function of a distribution of numbers as a transform: y = P(X ≤ x), from its support to the unit interval.
 * Its inverse makes draws of that distribution of uniform ones, as a copula needs.
 */
public final class CumulativeDistributionTransform extends Transform {
    private final Distribution distribution;

    private CumulativeDistributionTransform(Distribution distribution) { this.distribution = distribution; }

    /**
     * Returns the transform of a distribution's {@link Distribution#cdf}.
     *
     * @param distribution a continuous distribution of numbers with {@code cdf}, for the inverse also {@code icdf}; borrowed
     * @throws IllegalArgumentException if its draws are vectors or discrete
     */
    public static CumulativeDistributionTransform of(Distribution distribution) {
        if (distribution.eventShape().length > 0 || distribution.support().isDiscrete())
            throw new IllegalArgumentException("a cumulative distribution transform needs a continuous distribution of numbers, not "
                    + distribution);
        return new CumulativeDistributionTransform(distribution);
    }

    /** Returns the distribution. */
    public Distribution distribution() { return distribution; }

    @Override public Constraint domain() { return distribution.support(); }

    @Override public Constraint codomain() { return Constraints.UNIT_INTERVAL; }

    @Override protected Tensor computeForward(Tensor x) { return distribution.computeCdf(distribution.checked(x)); }

    @Override protected Tensor computeInverse(Tensor y) { return distribution.computeIcdf(y); }

    @Override protected Tensor computeLogDet(Tensor x, Tensor y) { return distribution.computeLogProb(distribution.checked(x)); }

    @Override protected @Nullable Tensor sign() { return null; }

    @Override public String toString() { return "CumulativeDistributionTransform(" + distribution + ")"; }
}
