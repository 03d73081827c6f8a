package panatorch.datasets;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Decides which items every batch of an epoch holds, for batches that a {@link Sampler} and one batch size cannot describe, such as batches
 * of texts of similar length. The batches depend only on the sampler and the epoch.
 *
 * <pre>{@code
 * var loader = DataLoader.of(texts, BatchSampler.byLength(lengths, 32, 42)).build();
 * }</pre>
 *
 * <p>
 * This is PyTorch's argument {@code batch_sampler}. Many threads may use a batch sampler at once.
 */
public interface BatchSampler {
    /** Returns the number of batches of every epoch. */
    int size();

    /** Returns the indices of the items of each batch of an epoch: {@link #size} arrays, none of them empty. */
    List<int[]> order(long epoch);

    /**
     * Cuts a sampler's order into batches, as PyTorch's {@code BatchSampler}.
     *
     * @param batchSize number of items of a batch, at least 1
     * @param dropLast whether to leave out the last batch if it has fewer items
     */
    static BatchSampler of(Sampler sampler, int batchSize, boolean dropLast) {
        if (batchSize < 1) throw new IllegalArgumentException("batchSize must be at least 1, but is " + batchSize);
        return new BatchSampler() {
            @Override public int size() { return dropLast ? sampler.size() / batchSize : Math.ceilDiv(sampler.size(), batchSize); }

            @Override public List<int[]> order(long epoch) {
                int[] all = sampler.order(epoch);
                return IntStream.range(0, size())
                        .mapToObj(b -> Arrays.copyOfRange(all, b * batchSize, Math.min(all.length, (b + 1) * batchSize))).toList();
            }
        };
    }

    /**
     * Groups items of similar length, so that little of a batch is padding. Every epoch shuffles all items, sorts each stretch of 100
     * batches by length, and shuffles the batches.
     *
     * @param lengths the length of each item
     * @param batchSize number of items of a batch, at least 1; the batch with the rest may have fewer
     * @param seed seed of all epochs
     */
    static BatchSampler byLength(int[] lengths, int batchSize, long seed) {
        if (batchSize < 1) throw new IllegalArgumentException("batchSize must be at least 1, but is " + batchSize);
        return new LengthBatchSampler(lengths.clone(), batchSize, seed);
    }
}
