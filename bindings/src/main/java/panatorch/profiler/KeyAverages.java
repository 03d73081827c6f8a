package panatorch.profiler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Events summed by name: the table of PyTorch's {@code key_averages()}.
 *
 * @param rows one row for each name, or for each name and shapes, in the order of the first event
 */
public record KeyAverages(List<Row> rows) {
    public KeyAverages {
        rows = List.copyOf(rows);
    }

    /**
     * The events of one name.
     *
     * @param inputShapes the shapes of the inputs if rows are grouped by them, else empty
     * @param count number of events
     * @param totalNanos sum of the durations; it counts the events inside others again
     * @param selfNanos sum of the durations without the events inside
     */
    public record Row(String name, List<List<Long>> inputShapes, long count, long totalNanos, long selfNanos) {
        /** Returns the mean duration. */
        public double averageNanos() { return (double) totalNanos / count; }
    }

    /** The column by which {@link #table(Sort, int)} sorts, greatest first. */
    public enum Sort {
        TOTAL(Comparator.comparingLong(Row::totalNanos)),
        SELF(Comparator.comparingLong(Row::selfNanos)),
        COUNT(Comparator.comparingLong(Row::count));

        private final Comparator<Row> order;

        Sort(Comparator<Row> order) { this.order = order.reversed(); }
    }

    static KeyAverages of(List<ProfiledEvent> events, boolean byShapes) {
        record Key(String name, List<List<Long>> shapes) {}
        var rows = new LinkedHashMap<Key, Row>();
        for (ProfiledEvent e : events) {
            var key = new Key(e.name(), byShapes ? e.inputShapes() : List.of());
            rows.merge(key, new Row(key.name, key.shapes, 1, e.totalNanos(), e.selfNanos()), (a, b) -> new Row(a.name, a.inputShapes,
                    a.count + b.count, a.totalNanos + b.totalNanos, a.selfNanos + b.selfNanos));
        }
        return new KeyAverages(new ArrayList<>(rows.values()));
    }

    /** Returns the number of events of each name. */
    public Map<String, Long> counts() {
        var counts = new LinkedHashMap<String, Long>();
        for (Row row : rows) counts.merge(row.name, row.count, Long::sum);
        return counts;
    }

    /** Returns the table sorted by own time, with all rows. */
    public String table() {
        return table(Sort.SELF, Integer.MAX_VALUE);
    }

    /**
     * Returns the table as text: name, self CPU in percent and time, total CPU in percent and time, mean of the total, number of calls, and
     * the shapes if rows are grouped by them. Percentages are of the sum of all own times.
     *
     * @param limit greatest number of rows
     */
    public String table(Sort sort, int limit) {
        if (limit < 0) throw new IllegalArgumentException("limit must be at least 0, but is " + limit);
        long all = rows.stream().mapToLong(Row::selfNanos).sum();
        boolean shapes = rows.stream().anyMatch(row -> !row.inputShapes.isEmpty());
        int width = Math.max(4, rows.stream().mapToInt(row -> row.name.length()).max().orElse(4));
        var text = new StringBuilder(String.format("%-" + width + "s %10s %10s %11s %10s %12s %8s%s%n", "Name", "Self CPU %", "Self CPU",
                "CPU total %", "CPU total", "CPU time avg", "# Calls", shapes ? "  Input Shapes" : ""));
        rows.stream().sorted(sort.order).limit(limit)
                .forEach(row -> text.append(String.format(Locale.ROOT, "%-" + width + "s %9.2f%% %10s %10.2f%% %10s %12s %8d%s%n", row.name,
                        percent(row.selfNanos, all), time(row.selfNanos), percent(row.totalNanos, all), time(row.totalNanos),
                        time(row.averageNanos()), row.count, shapes ? "  " + row.inputShapes : "")));
        return text.append("Self CPU time total: ").append(time(all)).append(System.lineSeparator()).toString();
    }

    private static double percent(long part, long all) { return all == 0 ? 0 : 100.0 * part / all; }

    private static String time(double nanos) {
        return nanos >= 1e9 ? String.format(Locale.ROOT, "%.3fs", nanos / 1e9)
                : nanos >= 1e6 ? String.format(Locale.ROOT, "%.3fms", nanos / 1e6) : String.format(Locale.ROOT, "%.3fus", nanos / 1e3);
    }
}
