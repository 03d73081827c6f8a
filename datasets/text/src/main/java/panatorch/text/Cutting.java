package panatorch.text;

import java.util.List;
import panatorch.text.internal.Row;

/** Cuts the rows of one text or two. */
final class Cutting {
    /** The largest number of tokens in all parts of a text, or in all pairs of parts: some 300 MB. */
    private static final long MOST = 10_000_000;

    private Cutting() {}

    /**
     * Cuts rows so that they have room for special tokens.
     *
     * @param rows one row or two, which are replaced
     * @param special number of special tokens that will be added
     * @throws IllegalArgumentException if the text to be cut is missing or too short
     */
    static void truncate(List<Row> rows, Truncation truncation, int special) {
        int max = truncation.maxLength() - special;
        if (max < 0)
            throw new IllegalArgumentException(
                    "maxLength " + truncation.maxLength() + " of the truncation leaves no room for " + special + " special tokens");
        int total = rows.stream().mapToInt(row -> row.length).sum();
        if (max > 0 && total <= max) return;
        if (max == 0) {
            for (int i = 0; i < rows.size(); i++) cut(rows, i, 0, truncation);
            return;
        }
        switch (truncation.strategy()) {
            case LONGEST_FIRST -> {
                if (rows.size() == 1) cut(rows, 0, max, truncation);
                else longestFirst(rows, max, truncation);
            }
            case ONLY_FIRST -> only(rows, 0, total - max, truncation);
            case ONLY_SECOND -> only(rows, 1, total - max, truncation);
        }
    }

    private static void only(List<Row> rows, int index, int remove, Truncation truncation) {
        if (index >= rows.size())
            throw new IllegalArgumentException("the truncation cuts second texts only, but there is none; use another strategy");
        int left = rows.get(index).length - remove;
        if (left <= 0)
            throw new IllegalArgumentException("the text that the truncation cuts has " + rows.get(index).length + " tokens, but "
                    + remove + " would have to be cut off; use a larger maxLength or another strategy");
        cut(rows, index, left, truncation);
    }

    private static void longestFirst(List<Row> rows, int max, Truncation truncation) {
        int first = rows.get(0).length, second = rows.get(1).length;
        int shorter = Math.min(first, second);
        int longer = shorter > max ? shorter : Math.max(shorter, max - shorter);
        if (shorter + longer > max) {
            shorter = max / 2;
            longer = shorter + max % 2;
        }
        cut(rows, 0, first > second ? longer : shorter, truncation);
        cut(rows, 1, first > second ? shorter : longer, truncation);
    }

    private static void cut(List<Row> rows, int index, int length, Truncation truncation) {
        Row row = rows.get(index);
        if (length >= row.length) return;
        if (length > 0 && truncation.stride() >= length)
            throw new IllegalArgumentException("the stride " + truncation.stride() + " of the truncation is not below the " + length
                    + " tokens that are left of a text; use a smaller one");
        long parts = length == 0 ? 1 : Math.ceilDiv(row.length, length - truncation.stride());
        for (int i = 0; i < index; i++) parts *= rows.get(i).overflowing.size() + 1;
        if (parts * length > MOST)
            throw new IllegalArgumentException("the truncation would cut a text of " + row.length + " tokens into "
                    + parts + " parts or pairs of parts; pass shorter texts or a smaller stride");
        rows.set(index, row.truncated(length, truncation.stride(), truncation.left()));
    }
}
