package panatorch.datasets;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Visits every item once, in an order in which every stretch, and so every batch, has the classes in nearly the proportions of the whole
 * dataset. The order within a class is random: the j-th of n items of a class, shuffled, comes at (j + u) / n of the epoch, where u is
 * uniform in [0, 1).
 */
public final class StratifiedSampler implements Sampler {
    private final int[] labels;
    private final long seed;

    /**
     * Makes a sampler of items with these labels.
     *
     * @param labels the label of each item, at least 0
     * @param seed seed of all epochs
     */
    public StratifiedSampler(int[] labels, long seed) {
        this.labels = labels.clone();
        this.seed = seed;
        for (int label : labels) if (label < 0) throw new IllegalArgumentException("labels must be at least 0, but one is " + label);
    }

    public static StratifiedSampler of(Dataset set, long seed) {
        return new StratifiedSampler(IntStream.range(0, set.size()).map(set::label).toArray(), seed);
    }

    @Override public int size() { return labels.length; }

    @Override public int[] order(long epoch) {
        int classes = IntStream.of(labels).max().orElse(-1) + 1;
        var count = new int[classes];
        var taken = new int[classes];
        for (int label : labels) count[label]++;
        var place = new double[labels.length];
        var random = new SplitMix(SplitMix.seed(seed, epoch));
        for (int item : new RandomSampler(labels.length, seed).order(epoch))
            place[item] = (taken[labels[item]]++ + random.nextDouble()) / count[labels[item]];
        return IntStream.range(0, labels.length).boxed().sorted(Comparator.comparingDouble(i -> place[i])).mapToInt(i -> i).toArray();
    }
}
