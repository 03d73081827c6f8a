package panatorch.datasets;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Batches of items of similar length; {@link BatchSampler#byLength} describes them. */
final class LengthBatchSampler implements BatchSampler {
    /** Batches that are sorted together: more leave less padding, and less chance in what items meet. */
    private static final int STRETCH = 100;

    private final int[] lengths;
    private final int batchSize;
    private final long seed;

    LengthBatchSampler(int[] lengths, int batchSize, long seed) {
        this.lengths = lengths;
        this.batchSize = batchSize;
        this.seed = seed;
    }

    @Override public int size() { return Math.ceilDiv(lengths.length, batchSize); }

    @Override public List<int[]> order(long epoch) {
        int[] all = new RandomSampler(lengths.length, seed).order(epoch);
        var batches = new ArrayList<int[]>();
        long stretch = (long) STRETCH * batchSize;
        for (int from = 0; from < all.length; from = (int) Math.min(all.length, from + stretch)) {
            int[] sorted = IntStream.of(Arrays.copyOfRange(all, from, (int) Math.min(all.length, from + stretch))).boxed()
                    .sorted(Comparator.comparingInt(i -> lengths[i])).mapToInt(i -> i).toArray();
            for (int b = 0; b < sorted.length; b += batchSize)
                batches.add(Arrays.copyOfRange(sorted, b, Math.min(sorted.length, b + batchSize)));
        }
        var random = new SplitMix(SplitMix.seed(seed, epoch, batches.size()));
        for (int b = batches.size() - 1; b > 0; b--) batches.set(b, batches.set(random.nextInt(b + 1), batches.get(b)));
        return batches;
    }
}
