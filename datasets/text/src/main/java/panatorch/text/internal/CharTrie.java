package panatorch.text.internal;

import java.util.Arrays;

/** A tree of strings by their chars, with a number from 0 on for each string. Filled by one thread, then read by any number. */
public final class CharTrie {
    /** The node that all strings begin at. */
    public static final int ROOT = 0;

    private long[] edges = new long[64];
    private int[] targets = new int[64];
    private int[] values = new int[64];
    private int nodes = 1;

    /** Makes an empty tree. */
    public CharTrie() {
        Arrays.fill(values, -1);
    }

    /** Adds a string that is not empty; if it is there already, its number changes. */
    public void put(String key, int value) {
        int node = ROOT;
        for (int i = 0; i < key.length(); i++) {
            int next = child(node, key.charAt(i));
            node = next < 0 ? add(node, key.charAt(i)) : next;
        }
        values[node] = value;
    }

    private int add(int node, char c) {
        if (4 * nodes > 3 * edges.length) {
            long[] old = edges;
            int[] oldTargets = targets;
            edges = new long[2 * old.length];
            targets = new int[2 * old.length];
            for (int i = 0; i < old.length; i++) if (old[i] != 0) insert(old[i], oldTargets[i]);
        }
        if (nodes == values.length) {
            values = Arrays.copyOf(values, 2 * nodes);
            Arrays.fill(values, nodes, values.length, -1);
        }
        insert(edge(node, c), nodes);
        return nodes++;
    }

    private void insert(long edge, int target) {
        int slot = slot(edge);
        while (edges[slot] != 0) slot = slot + 1 & edges.length - 1;
        edges[slot] = edge;
        targets[slot] = target;
    }

    /** Returns the key of an edge, which is not 0. */
    private static long edge(int node, char c) { return (long) (node + 1) << 16 | c; }

    private int slot(long edge) { return (int) (edge * 0x9E3779B97F4A7C15L >>> 32) & edges.length - 1; }

    /** Returns the node after a node by a char, or -1. */
    public int child(int node, char c) {
        long edge = edge(node, c);
        for (int slot = slot(edge);; slot = slot + 1 & edges.length - 1) {
            long found = edges[slot];
            if (found == edge) return targets[slot];
            if (found == 0) return -1;
        }
    }

    /** Returns the number of the string that ends at a node, or -1. */
    public int value(int node) { return values[node]; }
}
