package panatorch.datasets;

import java.util.stream.IntStream;

/**
 * One process's share of another sampler's order, as in PyTorch's {@code DistributedSampler}: every {@code processes}-th item, starting at
 * {@code rank}. All shares have the same size, so that no process waits for the others.
 *
 * @param all the order that is shared out; all processes give it the same seed
 * @param rank index of this process, from 0
 * @param processes number of processes
 * @param dropLast whether to leave out the last items if the shares would differ in size; otherwise the first items are repeated
 */
public record DistributedSampler(Sampler all, int rank, int processes, boolean dropLast) implements Sampler {
    public DistributedSampler {
        if (processes < 1 || rank < 0 || rank >= processes)
            throw new IllegalArgumentException(
                    "rank must lie between 0 and " + (processes - 1) + " for " + processes + " processes, but is " + rank);
    }

    @Override public int size() { return dropLast ? all.size() / processes : Math.ceilDiv(all.size(), processes); }

    @Override public int[] order(long epoch) {
        int[] order = all.order(epoch);
        return IntStream.range(0, size()).map(i -> order[(i * processes + rank) % order.length]).toArray();
    }
}
