package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/**
 * A range from which a number is drawn uniformly for every image.
 *
 * @param low smallest number, finite
 * @param high largest number, finite and at least {@code low}
 */
public record Range(double low, double high) {
    public Range {
        if (!Double.isFinite(low) || !Double.isFinite(high) || low > high)
            throw new IllegalArgumentException(
                    "a range must be finite and in order, but is [" + low + ", " + high + "]");
    }

    public static Range of(double low, double high) { return new Range(low, high); }

    /** Returns the range from {@code −size} to {@code size}. */
    public static Range symmetric(double size) {
        return new Range(-size, size);
    }

    /** Returns this range, or throws if it is not entirely above {@code bound}. */
    Range above(double bound, String what) {
        if (!(low > bound)) throw new IllegalArgumentException(what + " must be above " + bound + ", but the range is " + this);
        return this;
    }

    /** Returns this range, or throws if it does not lie between {@code from} and {@code to}. */
    Range within(double from, double to, String what) {
        if (low < from || high > to)
            throw new IllegalArgumentException(
                    what + " must lie between " + from + " and " + to + ", but the range is " + this);
        return this;
    }

    boolean isOnly(double value) { return low == value && high == value; }

    /** Draws {@code n} numbers, float64 {@code [n]} on the CPU. If {@code low} equals {@code high}, no random numbers are drawn. */
    Tensor draw(long n, Generator generator) {
        if (low == high) return Aten.full(new long[] {n}, low, DType.FLOAT64);
        return between(uniform(generator, n));
    }

    /** Draws numbers whose logarithm is uniform: for ratios, so that a half is as likely as two. */
    Tensor drawLogarithmic(Generator generator, long... shape) {
        return new Range(Math.log(low), Math.log(high)).between(uniform(generator, shape)).exp_();
    }

    /** Scales {@code u}, in [0, 1], to this range, in place. */
    Tensor between(Tensor u) { return u.mul_(high - low).add_(low); }

    /** Draws uniform numbers in [0, 1): in float32, which needs half the random bits, and returned as float64. */
    static Tensor uniform(Generator generator, long... shape) {
        return Aten.rand(shape, generator).to(DType.FLOAT64);
    }

    @Override public String toString() { return "[" + low + ", " + high + "]"; }
}
