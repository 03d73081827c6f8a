package panatorch.apps.reproduce;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Formats findings as Markdown tables. */
final class Tables {
    private Tables() {}

    /**
     * Formats all measures, one line per variant. A measure is mean ± standard deviation, and the published value stands beside it if it is
     * known.
     */
    static String measures(Study study, Findings findings) {
        var known = new LinkedHashSet<String>();
        study.variants().forEach(v -> known.addAll(v.published().keySet()));
        var measures = new LinkedHashSet<>(findings.measureNames());
        measures.addAll(known);
        var text = new StringBuilder("| |");
        for (String m : measures) text.append(' ').append(m).append(" |").append(known.contains(m) ? " published |" : "");
        text.append("\n|---|").append("---:|".repeat(measures.size() + known.size())).append('\n');
        for (Variant v : study.variants()) {
            text.append("| ").append(v.name()).append(" |");
            for (String m : measures) {
                text.append(' ').append(withDeviation(findings.mean(v.name(), m), findings.sd(v.name(), m))).append(" |");
                if (known.contains(m)) text.append(' ').append(number(v.published().get(m))).append(" |");
            }
            text.append('\n');
        }
        return text.toString();
    }

    /** Formats the differences of losses, errors and other measures that are not times, or returns an empty text if there are none. */
    static String differences(Study study, Findings findings) {
        Set<String> measures = new LinkedHashSet<>();
        for (String m : findings.measureNames())
            if (!Measures.isTime(m) && study.comparisons().stream()
                    .anyMatch(c -> !findings.difference(c.variant(), c.base(), m).values().isEmpty()))
                measures.add(m);
        if (measures.isEmpty()) return "";
        var text = new StringBuilder("| |");
        for (String m : measures) text.append(' ').append(m).append(" |");
        text.append("\n|---|").append("---:|".repeat(measures.size())).append('\n');
        for (Study.Comparison c : study.comparisons()) {
            text.append("| ").append(c.variant()).append(" − ").append(c.base()).append(" |");
            for (String m : measures) text.append(' ').append(cell(findings.difference(c.variant(), c.base(), m))).append(" |");
            text.append('\n');
        }
        return text.toString();
    }

    /** Formats a difference as {@code −0.21 ± 0.03 (−0.34 to −0.08)}, in bold type if the interval leaves out zero. */
    static String cell(Difference d) {
        if (d.values().isEmpty()) return "";
        if (d.values().size() < 2) return signed(d.mean());
        String text = signed(d.mean()) + " ± " + number(d.standardError()) + " (" + signed(d.low()) + " to " + signed(d.high()) + ")";
        return d.seen() ? "**" + text + "**" : text;
    }

    private static String signed(double value) { return number(value).replace('-', '−'); }

    private static String withDeviation(double mean, double sd) {
        return Double.isNaN(mean) ? "" : number(mean) + (Double.isNaN(sd) ? "" : " ± " + number(sd));
    }

    private static String number(@Nullable Double value) {
        if (value == null || value.isNaN()) return "";
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= 1000 ? "%.0f" : size >= 10 ? "%.2f" : size >= 0.0995 || size == 0 ? "%.3f" : "%.2g",
                value);
    }
}
