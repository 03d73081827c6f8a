package panatorch.datasets.transforms;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Tensor;

/** The numbers from {@code low} to {@code high}, of which every image draws one, all being equally likely. Both are finite, in this order. */
public record Range(double low, double high) {
    public Range {
        if (!Double.isFinite(low) || !Double.isFinite(high) || low > high) throw new IllegalArgumentException("no numbers lie between " + low + " and " + high);
    }

    public static Range of(double low, double high) { return new Range(low, high); }

    /** From {@code −size} to {@code size}. */
    public static Range symmetric(double size) { return new Range(-size, size); }

    /** This, if all of it is above {@code bound}. */
    Range above(double bound, String what) {
        if (!(low > bound)) throw new IllegalArgumentException(what + " is above " + bound + ", not " + low);
        return this;
    }

    /** This, if all of it lies from {@code from} to {@code to}. */
    Range within(double from, double to, String what) {
        if (low < from || high > to) throw new IllegalArgumentException(what + " lies between " + from + " and " + to + ", not between " + low + " and " + high);
        return this;
    }

    boolean isOnly(double value) { return low == value && high == value; }

    /** float64 {@code [n]} on the CPU. Draws nothing if there is only one number. */
    Tensor draw(long n, Generator generator) {
        if (low == high) return Aten.full(new long[] {n}, low, DType.FLOAT64);
        return between(uniform(generator, n));
    }

    /** Likewise, but their logarithms are equally likely: for ratios, so that a half is as likely as two. */
    Tensor drawLogarithmic(Generator generator, long... shape) {
        return new Range(Math.log(low), Math.log(high)).between(uniform(generator, shape)).exp_();
    }

    /** {@code u}, from 0 to 1, stretched over the range in place. */
    Tensor between(Tensor u) { return u.mul_(high - low).add_(low); }

    /** Drawn in float32, half the random bits; what it is used in is float64. */
    static Tensor uniform(Generator generator, long... shape) { return Aten.rand(shape, generator).to(DType.FLOAT64); }

    @Override public String toString() { return "[" + low + ", " + high + "]"; }
}
