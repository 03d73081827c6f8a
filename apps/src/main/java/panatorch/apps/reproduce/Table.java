package panatorch.apps.reproduce;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A table of measures of variants over seeds, with the published values. */
public final class Table {
    /** A variant's measures, one value per seed, and the published values. */
    public record Row(Map<String, List<Double>> values, Map<String, Double> published) {}

    private final Map<String, Row> rows = new LinkedHashMap<>();

    /**
     * Adds a row.
     *
     * @param variant name of the variant
     * @param published published values by measure
     */
    public void row(String variant, Map<String, Double> published) {
        rows.putIfAbsent(variant, new Row(new LinkedHashMap<>(), new LinkedHashMap<>(published)));
    }

    public void add(String variant, String measure, double value) {
        row(variant).values.computeIfAbsent(measure, m -> new ArrayList<>()).add(value);
    }

    public Map<String, Row> rows() { return rows; }

    /** Returns the mean, or NaN without values. */
    public double mean(String variant, String measure) {
        return values(variant, measure).stream().mapToDouble(v -> v).average().orElse(Double.NaN);
    }

    /** Returns the standard deviation of the sample, or NaN for fewer than two values. */
    public double sd(String variant, String measure) {
        List<Double> values = values(variant, measure);
        double mean = mean(variant, measure);
        return values.size() < 2 ? Double.NaN
                : Math.sqrt(values.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum() / (values.size() - 1));
    }

    private List<Double> values(String variant, String measure) { return row(variant).values.getOrDefault(measure, List.of()); }

    private Row row(String variant) { return Objects.requireNonNull(rows.get(variant), variant); }

    /** Adds a measure that is the mean of another one relative to that of the variant {@code base}, in each seed. */
    public void relative(String measure, String base, String name) {
        List<Double> divisors = values(base, measure);
        rows.forEach((variant, row) -> {
            List<Double> values = row.values.getOrDefault(measure, List.of());
            for (int i = 0; i < Math.min(values.size(), divisors.size()); i++) add(variant, name, values.get(i) / divisors.get(i));
        });
    }

    /**
     * Formats the table as Markdown, one line per variant. A measure is mean ± standard deviation, and the published value stands beside it
     * if it is known.
     */
    public String markdown() {
        var measures = new LinkedHashSet<String>();
        var known = new LinkedHashSet<String>();
        rows.values().forEach(r -> {
            measures.addAll(r.values.keySet());
            known.addAll(r.published.keySet());
        });
        measures.addAll(known);
        var text = new StringBuilder("| |");
        for (String m : measures) text.append(' ').append(m).append(" |").append(known.contains(m) ? " published |" : "");
        text.append("\n|---|").append("---:|".repeat(measures.size() + known.size())).append('\n');
        rows.forEach((variant, row) -> {
            text.append("| ").append(variant).append(" |");
            for (String m : measures) {
                text.append(' ').append(cell(variant, m)).append(" |");
                if (known.contains(m)) text.append(' ').append(number(row.published.get(m))).append(" |");
            }
            text.append('\n');
        });
        return text.toString();
    }

    private String cell(String variant, String measure) {
        double mean = mean(variant, measure), sd = sd(variant, measure);
        return Double.isNaN(mean) ? "" : number(mean) + (Double.isNaN(sd) ? "" : " ± " + number(sd));
    }

    private static String number(@Nullable Double value) {
        if (value == null || value.isNaN()) return "";
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= 1000 ? "%.0f" : size >= 10 ? "%.2f" : size >= 0.0995 || size == 0 ? "%.3f" : "%.2g",
                value);
    }
}
