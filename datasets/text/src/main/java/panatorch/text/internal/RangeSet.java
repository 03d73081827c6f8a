package panatorch.text.internal;

import java.util.Arrays;

/** An immutable set of code points. */
public final class RangeSet {
    private final int[] bounds;

    private RangeSet(int[] bounds) {
        this.bounds = bounds;
    }

    /** Makes a set of hexadecimal code points and ranges in ascending order, such as {@code "41-5A 61"}. */
    public static RangeSet of(String ranges) {
        if (ranges.isBlank()) return new RangeSet(new int[0]);
        String[] parts = ranges.strip().split("\\s+");
        var bounds = new int[2 * parts.length];
        for (int i = 0; i < parts.length; i++) {
            int dash = parts[i].indexOf('-');
            bounds[2 * i] = Integer.parseInt(dash < 0 ? parts[i] : parts[i].substring(0, dash), 16);
            bounds[2 * i + 1] = Integer.parseInt(parts[i].substring(dash + 1), 16) + 1;
        }
        return new RangeSet(bounds);
    }

    /** Returns whether a code point is in the set. */
    public boolean contains(int codePoint) {
        if (bounds.length == 0 || codePoint < bounds[0]) return false;
        int at = Arrays.binarySearch(bounds, codePoint);
        return at >= 0 ? (at & 1) == 0 : (-at - 1 & 1) == 1;
    }
}
