package panatorch.datasets;

import java.util.stream.IntStream;

/**
 * One process's share of another sampler's order, as PyTorch's {@code DistributedSampler} has it: every {@code processes}-th item from
 * the {@code rank}-th on. All shares have one size, lest a process wait for the others: either the first items come once more at
 * the end, or the last ones are left out. All processes give the other sampler the same seed.
 */
public record DistributedSampler(Sampler all, int rank, int processes, boolean dropLast) implements Sampler {
    public DistributedSampler {
        if (processes < 1 || rank < 0 || rank >= processes) throw new IllegalArgumentException("of " + processes + " processes none has the rank " + rank);
    }

    @Override public int size() { return dropLast ? all.size() / processes : Math.ceilDiv(all.size(), processes); }

    @Override public int[] order(long epoch) {
        int[] order = all.order(epoch);
        return IntStream.range(0, size()).map(i -> order[(i * processes + rank) % order.length]).toArray();
    }
}
