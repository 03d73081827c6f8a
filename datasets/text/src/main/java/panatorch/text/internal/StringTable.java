package panatorch.text.internal;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** An immutable map from strings to numbers from 0 on that is asked with ranges of chars, without making strings of them. */
public final class StringTable {
    private final char[][] keys;
    private final int[] hashes, values;
    private final int mask;
    private final int longest;

    /** Makes a table of a map's entries. */
    public StringTable(Map<String, Integer> map) {
        int room = Math.max(4, Integer.highestOneBit(Math.max(1, map.size())) << 2);
        mask = room - 1;
        keys = new char[room][];
        hashes = new int[room];
        values = new int[room];
        int longestKey = 0;
        for (var entry : map.entrySet()) {
            char[] key = entry.getKey().toCharArray();
            longestKey = Math.max(longestKey, key.length);
            int hash = hash(key, 0, key.length);
            int slot = slot(hash);
            while (keys[slot] != null) slot = slot + 1 & mask;
            keys[slot] = key;
            hashes[slot] = hash;
            values[slot] = entry.getValue();
        }
        longest = longestKey;
    }

    /** Returns the number of chars of the longest key. */
    public int longest() { return longest; }

    /** Returns the hash of a range of chars. */
    public static int hash(char[] chars, int from, int to) {
        int hash = 0;
        for (int i = from; i < to; i++) hash = hash(hash, chars[i]);
        return hash;
    }

    /** Returns the hash of a range that is one char longer than one with a hash. */
    static int hash(int hash, char next) {
        return 31 * hash + next;
    }

    private int slot(int hash) { return (hash * 0x9E3779B1 >>> 7 ^ hash) & mask; }

    /** Returns the number of a range of chars, or -1. */
    public int get(char[] chars, int from, int to) {
        return to - from > longest ? -1 : get(chars, from, to, hash(chars, from, to));
    }

    /** Returns the number of a range of chars whose hash is known, or -1. */
    public int get(char[] chars, int from, int to, int hash) {
        for (int slot = slot(hash);; slot = slot + 1 & mask) {
            char @Nullable [] key = keys[slot];
            if (key == null) return -1;
            if (hashes[slot] == hash && Arrays.equals(key, 0, key.length, chars, from, to)) return values[slot];
        }
    }

    /** Returns the number of a string, or -1. */
    public int get(String key) {
        return get(key.toCharArray(), 0, key.length());
    }
}
