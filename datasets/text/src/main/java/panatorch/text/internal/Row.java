package panatorch.text.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A row of tokens that grows, with what belongs to each of them, and the rows that truncation cut off. */
public final class Row {
    /** The word of a token that belongs to none. */
    public static final int NO_WORD = -1;

    public int length;
    public int[] ids, typeIds, starts, ends, words;
    public byte[] special, attention;
    public String[] tokens;
    public List<Row> overflowing = new ArrayList<>(0);

    /** Makes an empty row with room for some tokens. */
    public Row(int room) {
        ids = new int[room];
        typeIds = new int[room];
        starts = new int[room];
        ends = new int[room];
        words = new int[room];
        special = new byte[room];
        attention = new byte[room];
        tokens = new String[room];
    }

    /** Appends a token of the text. */
    public void add(int id, String token, int start, int end, int word, int typeId) {
        room(length + 1);
        ids[length] = id;
        tokens[length] = token;
        starts[length] = start;
        ends[length] = end;
        words[length] = word;
        typeIds[length] = typeId;
        special[length] = 0;
        attention[length++] = 1;
    }

    /** Appends a token that is not in the text. */
    public void addSpecial(int id, String token, int typeId) {
        add(id, token, 0, 0, NO_WORD, typeId);
        special[length - 1] = 1;
    }

    private void room(int least) {
        if (least <= ids.length) return;
        int room = Math.max(least, Math.max(8, ids.length + (ids.length >> 1)));
        ids = Arrays.copyOf(ids, room);
        typeIds = Arrays.copyOf(typeIds, room);
        starts = Arrays.copyOf(starts, room);
        ends = Arrays.copyOf(ends, room);
        words = Arrays.copyOf(words, room);
        special = Arrays.copyOf(special, room);
        attention = Arrays.copyOf(attention, room);
        tokens = Arrays.copyOf(tokens, room);
    }

    /** Sets the type of all tokens; those of the rows cut off stay. */
    public void setTypeIds(int typeId) {
        Arrays.fill(typeIds, 0, length, typeId);
    }

    /** Appends the tokens of another row, without those cut off. */
    public void append(Row other) {
        append(other, 0, other.length);
    }

    private void append(Row other, int from, int to) {
        int n = to - from;
        room(length + n);
        System.arraycopy(other.ids, from, ids, length, n);
        System.arraycopy(other.typeIds, from, typeIds, length, n);
        System.arraycopy(other.starts, from, starts, length, n);
        System.arraycopy(other.ends, from, ends, length, n);
        System.arraycopy(other.words, from, words, length, n);
        System.arraycopy(other.special, from, special, length, n);
        System.arraycopy(other.attention, from, attention, length, n);
        System.arraycopy(other.tokens, from, tokens, length, n);
        length += n;
    }

    /** Returns a row of the same tokens that can be changed by itself. */
    public Row copy() {
        Row copy = part(0, length);
        for (Row row : overflowing) copy.overflowing.add(row.copy());
        return copy;
    }

    private Row part(int from, int to) {
        var part = new Row(to - from);
        part.append(this, from, to);
        return part;
    }

    /** Appends another row, and makes the rows cut off all combinations of those of both. */
    public void merge(Row other) {
        var combined = new ArrayList<Row>();
        for (Row mine : overflowing) {
            combined.add(joined(mine, other));
            for (Row its : other.overflowing) combined.add(joined(mine, its));
        }
        for (Row its : other.overflowing) combined.add(joined(this, its));
        append(other);
        overflowing = combined;
    }

    private static Row joined(Row first, Row second) {
        var row = new Row(first.length + second.length);
        row.append(first);
        row.append(second);
        return row;
    }

    /**
     * Returns the first tokens of this row, or the last ones, with the others in rows of the same length that overlap.
     *
     * @param max number of tokens that are kept
     * @param stride number of tokens that neighbouring rows share; smaller than {@code max}
     * @param left whether the tokens at the left are cut off
     */
    public Row truncated(int max, int stride, boolean left) {
        if (length <= max) return this;
        if (max == 0) {
            var empty = new Row(0);
            empty.overflowing.add(this);
            return empty;
        }
        var parts = new ArrayList<Row>();
        int step = max - stride;
        if (left) {
            for (int stop = length; stop > 0; stop -= step) {
                int start = Math.max(0, stop - max);
                parts.add(part(start, stop));
                if (start == 0) break;
            }
        } else {
            for (int start = 0; start < length; start += step) {
                int stop = Math.min(length, start + max);
                parts.add(part(start, stop));
                if (stop == length) break;
            }
        }
        Row kept = parts.removeFirst();
        kept.overflowing = parts;
        return kept;
    }

    /** Pads this row and those cut off to a length. */
    public void pad(int to, int id, int typeId, String token, boolean left) {
        for (Row row : overflowing) row.pad(to, id, typeId, token, left);
        int missing = to - length;
        if (missing <= 0) return;
        var padding = new Row(missing);
        for (int i = 0; i < missing; i++) {
            padding.addSpecial(id, token, typeId);
            padding.attention[i] = 0;
        }
        if (!left) append(padding);
        else {
            Row padded = joined(padding, this);
            ids = padded.ids;
            typeIds = padded.typeIds;
            starts = padded.starts;
            ends = padded.ends;
            words = padded.words;
            special = padded.special;
            attention = padded.attention;
            tokens = padded.tokens;
            length = padded.length;
        }
    }
}
