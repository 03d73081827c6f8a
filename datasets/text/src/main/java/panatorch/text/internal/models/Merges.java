package panatorch.text.internal.models;

/** The pairs of tokens that byte-pair encoding merges, with their ranks and what they become. Filled once, then only read. */
final class Merges {
    private final long[] pairs;
    private final int[] ranks, merged;

    /** Makes room for a number of pairs. */
    Merges(int size) {
        int room = Math.max(4, Integer.highestOneBit(Math.max(1, size)) << 2);
        pairs = new long[room];
        ranks = new int[room];
        merged = new int[room];
    }

    private int slot(long key) { return (int) (key * 0x9E3779B97F4A7C15L >>> 32) & pairs.length - 1; }

    /** Returns the key of a pair, which is not 0. */
    private static long key(int first, int second) {
        return (long) first << 32 | second + 1L;
    }

    /** Adds a pair; one that was added before gets the new rank. */
    void put(int first, int second, int rank, int becomes) {
        long key = key(first, second);
        int slot = slot(key);
        while (pairs[slot] != 0 && pairs[slot] != key) slot = slot + 1 & pairs.length - 1;
        pairs[slot] = key;
        ranks[slot] = rank;
        merged[slot] = becomes;
    }

    /** Returns the place of a pair in this table, or -1. */
    int find(int first, int second) {
        long key = key(first, second);
        for (int slot = slot(key);; slot = slot + 1 & pairs.length - 1) {
            if (pairs[slot] == key) return slot;
            if (pairs[slot] == 0) return -1;
        }
    }

    /** Returns the rank of the pair at a place; smaller ones are merged first. */
    int rank(int place) { return ranks[place]; }

    /** Returns the token that the pair at a place becomes. */
    int merged(int place) { return merged[place]; }
}
