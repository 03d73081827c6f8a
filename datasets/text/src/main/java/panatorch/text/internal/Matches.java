package panatorch.text.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The parts of a text that a pattern finds, and those between them, in order; together they are the whole text. Indices are those of the
 * text's chars.
 */
public final class Matches {
    /** What becomes of the parts that a pattern finds, by the names in {@code tokenizer.json}. */
    public enum Behavior {
        Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous
    }

    private int[] bounds = new int[32];
    private boolean[] found = new boolean[16];
    private int size;
    private int end;

    /** Makes the parts of a text that begins at a char, still none. */
    public Matches(int from) {
        end = from;
    }

    /** Adds a part that was found, and the one before it if there is a gap. */
    public void add(int from, int to) {
        if (from != end) append(end, from, false);
        append(from, to, true);
        end = to;
    }

    /** Adds what is left up to the end of the text. */
    public Matches close(int to) {
        if (end != to) append(end, to, false);
        end = to;
        return this;
    }

    private void append(int from, int to, boolean match) {
        if (size == found.length) {
            bounds = Arrays.copyOf(bounds, 4 * size);
            found = Arrays.copyOf(found, 2 * size);
        }
        bounds[2 * size] = from;
        bounds[2 * size + 1] = to;
        found[size++] = match;
    }

    /** Exchanges what is found and what is between. */
    public Matches inverted() {
        for (int i = 0; i < size; i++) found[i] = !found[i];
        return this;
    }

    public int size() { return size; }

    public int from(int i) { return bounds[2 * i]; }

    public int to(int i) { return bounds[2 * i + 1]; }

    public boolean isFound(int i) { return found[i]; }

    /** Splits a piece into these parts, those that are not empty. */
    public void split(Piece piece, Behavior behavior, List<Piece> into) {
        switch (behavior) {
            case Removed -> {
                for (int i = 0; i < size; i++) if (!found[i]) add(piece, from(i), to(i), into);
            }
            case Isolated -> {
                for (int i = 0; i < size; i++) add(piece, from(i), to(i), into);
            }
            case Contiguous -> merged(piece, into, (match, previous) -> match == previous);
            case MergedWithPrevious -> merged(piece, into, (match, previous) -> match && !previous);
            case MergedWithNext -> mergedWithNext(piece, into);
        }
    }

    private interface Joins {
        boolean joins(boolean match, boolean previous);
    }

    private void merged(Piece piece, List<Piece> into, Joins rule) {
        boolean previous = false;
        int begun = 0;
        for (int i = 0; i < size; i++) {
            if (i > 0 && !rule.joins(found[i], previous)) {
                add(piece, from(begun), to(i - 1), into);
                begun = i;
            }
            previous = found[i];
        }
        if (size > 0) add(piece, from(begun), to(size - 1), into);
    }

    private void mergedWithNext(Piece piece, List<Piece> into) {
        var reversed = new ArrayList<Piece>();
        boolean next = false;
        int last = size - 1;
        for (int i = size - 1; i >= 0; i--) {
            if (i < size - 1 && (!found[i] || next)) {
                add(piece, from(i + 1), to(last), reversed);
                last = i;
            }
            next = found[i];
        }
        if (size > 0) add(piece, from(0), to(last), reversed);
        into.addAll(reversed.reversed());
    }

    private static void add(Piece piece, int from, int to, List<Piece> into) {
        if (from < to) into.add(piece.slice(from, to));
    }
}
