package panatorch.datasets;

import java.util.random.RandomGenerator;

/**
 * SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"): good random numbers from any seed.
 * Written out because sets and orders made from it must stay the same whatever the JDK; Java's own class does not promise that.
 */
final class SplitMix implements RandomGenerator {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;
    private long state;

    SplitMix(long seed) { state = seed; }

    /** One seed from several numbers; those of neighbours have nothing in common. */
    static long seed(long... parts) {
        long seed = 0;
        for (long part : parts) seed = mixed(seed + part + GAMMA);
        return seed;
    }

    private static long mixed(long z) {
        z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
        z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
        return z ^ z >>> 31;
    }

    @Override public long nextLong() { return mixed(state += GAMMA); }

    /** Uniform in [0, 1). */
    @Override public double nextDouble() { return (nextLong() >>> 11) * 0x1p-53; }

    @Override public double nextDouble(double low, double high) { return low + (high - low) * nextDouble(); }

    @Override public int nextInt(int bound) { return (int) (nextDouble() * bound); }

    boolean chance(double p) { return nextDouble() < p; }

    /** Mean 0, variance 1, within ±3.5: the sum of four uniform numbers, which is near enough to a normal one for pixel noise. */
    double noise() {
        long bits = nextLong();
        long sum = (bits & 0xFFFF) + (bits >>> 16 & 0xFFFF) + (bits >>> 32 & 0xFFFF) + (bits >>> 48);
        return (sum * 0x1p-16 - 2) * 1.7320508075688772;
    }
}
