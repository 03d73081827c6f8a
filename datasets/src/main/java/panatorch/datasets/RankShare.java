package panatorch.datasets;

import java.util.stream.IntStream;

/**
 * The part of a sampler's order that one of several processes loads: every {@code ranks}-th item.
 *
 * @param rank number of this process, from 0
 * @param ranks number of processes
 * @param even whether all processes have the same number of items
 */
record RankShare(int rank, int ranks, boolean even) {
    static final RankShare WHOLE = new RankShare(0, 1, true);

    RankShare {
        if (ranks < 1 || rank < 0 || rank >= ranks)
            throw new IllegalArgumentException("the rank must be from 0 to " + (ranks - 1) + ", but is " + rank);
    }

    Sampler of(Sampler all, boolean dropLast) {
        if (ranks == 1) return all;
        return even ? new DistributedSampler(all, rank, ranks, dropLast) : new Uneven(all, rank, ranks);
    }

    /** Returns the place of an item or batch among those of all processes, so that no two of them draw the same random numbers. */
    long place(int own) {
        return (long) own * ranks + rank;
    }

    /** Each item is in one share, so that sums over all shares are those over all items. */
    private record Uneven(Sampler all, int rank, int ranks) implements Sampler {
        @Override public int size() { return Math.ceilDiv(Math.max(0, all.size() - rank), ranks); }

        @Override public int[] order(long epoch) {
            int[] order = all.order(epoch);
            return IntStream.range(0, size()).map(i -> order[i * ranks + rank]).toArray();
        }
    }
}
