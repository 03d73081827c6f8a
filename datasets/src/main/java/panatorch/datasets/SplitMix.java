package panatorch.datasets;

import java.util.random.RandomGenerator;

/**
 * The generator SplitMix64 (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"): good random numbers from any seed.
 * Datasets and orders made from it must stay the same on every JDK, which Java's own class does not promise.
 */
final class SplitMix implements RandomGenerator {
    private static final long GAMMA = 0x9E3779B97F4A7C15L;
    private long state;

    SplitMix(long seed) { state = seed; }

    /** Mixes several numbers into one seed. The seeds of neighbouring numbers are unrelated. */
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

    /** Returns a uniform number in [0, 1). */
    @Override public double nextDouble() { return (nextLong() >>> 11) * 0x1p-53; }

    @Override public double nextDouble(double low, double high) { return low + (high - low) * nextDouble(); }

    @Override public int nextInt(int bound) { return (int) (nextDouble() * bound); }

    boolean chance(double p) { return nextDouble() < p; }

    /** Returns noise of mean 0 and variance 1, within ±3.5: a sum of four uniform numbers, normal enough for pixel noise. */
    double noise() {
        long bits = nextLong();
        long sum = (bits & 0xFFFF) + (bits >>> 16 & 0xFFFF) + (bits >>> 32 & 0xFFFF) + (bits >>> 48);
        return (sum * 0x1p-16 - 2) * 1.7320508075688772;
    }
}
