package panatorch.apps.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import panatorch.apps.console.Printable;

/** Draws a chart over epochs as SVG for a page that stands alone: as wide as there is room, in the page's colours. */
final class SvgChart {
    private static final int WIDTH = 420, HEIGHT = 250, LEFT = 52, RIGHT = 12, TOP = 44, BOTTOM = 38, TICKS = 5;
    private static final double LETTER = 6.2; // mean width of a letter in pixels
    private static final List<String> COLORS = List.of("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728");

    private final Curves.Chart chart;
    private final List<Curves.Line> lines;
    private final List<Double> across, up;

    private SvgChart(Curves.Chart chart) {
        this.chart = chart;
        lines = chart.lines().stream().map(l -> new Curves.Line(l.name(), l.points().stream().filter(p -> Double.isFinite(p[1])).toList()))
                .toList();
        across = ticks(bound(0, true), bound(0, false), 1);
        up = ticks(chart.fromZero() ? Math.min(0, bound(1, true)) : bound(1, true), bound(1, false), 0);
    }

    /** Returns the chart as SVG. Points that are not finite are left out. */
    static String of(Curves.Chart chart) {
        return new SvgChart(chart).svg();
    }

    /**
     * Returns round numbers at even distances, from at most {@code low} to at least {@code high}.
     *
     * @param least smallest distance; 0 for any
     */
    static List<Double> ticks(double low, double high, double least) {
        if (!(low <= high)) low = high = 0;
        if (high == low) high = low + (low == 0 || least > 0 ? 1 : Math.abs(low) / 10);
        double rough = (high - low) / TICKS, power = Math.pow(10, Math.floor(Math.log10(rough))), part = rough / power;
        double step = Math.max(least, (part <= 1 ? 1 : part <= 2 ? 2 : part <= 5 ? 5 : 10) * power);
        var ticks = new ArrayList<Double>();
        for (long i = (long) Math.floor(low / step + 1e-9); ticks.isEmpty() || ticks.getLast() < high - 1e-9 * step; i++)
            ticks.add(i * step);
        return ticks;
    }

    private String svg() {
        var svg = new StringBuilder(String.format(Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%3$s\"><text class=\"title\" x=\"%4$d\" y=\"15\">%3$s</text>", WIDTH,
                HEIGHT, Printable.html(chart.title()), LEFT));
        for (double v : up)
            svg.append(String.format(Locale.ROOT,
                    "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT,
                    WIDTH - RIGHT, y(v), y(v), LEFT - 6, y(v) + 4, number(v)));
        for (double v : across)
            svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", x(v), HEIGHT - BOTTOM + 16,
                    number(v)));
        svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">epoch</text>", (LEFT + WIDTH - RIGHT) / 2,
                HEIGHT - 5));
        double legend = LEFT;
        for (int i = 0; i < lines.size(); i++) {
            svg.append(line(lines.get(i), COLORS.get(i % COLORS.size()), legend));
            legend += 26 + LETTER * lines.get(i).name().length();
        }
        return svg.append("</svg>\n").toString();
    }

    private static String number(double value) {
        String s = String.format(Locale.ROOT, Math.abs(value) >= 1e5 || value != 0 && Math.abs(value) < 1e-3 ? "%.2g" : "%.4f", value);
        return s.contains(".") && !s.contains("e") ? s.replaceAll("\\.?0+$", "") : s;
    }

    private String line(Curves.Line line, String color, double legend) {
        var path = new StringBuilder();
        var marks = new StringBuilder();
        for (double[] p : line.points()) {
            path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(p[0]), y(p[1])));
            if (line.points().size() <= 40)
                marks.append(
                        String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>", x(p[0]), y(p[1]), color));
        }
        return String.format(Locale.ROOT,
                "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" points=\"%s\"/>%s<circle cx=\"%.1f\" cy=\"29\" r=\"4\" "
                        + "fill=\"%s\"/><text x=\"%.1f\" y=\"33\">%s</text>",
                color, path.toString().strip(), marks, legend + 4, color, legend + 12, Printable.html(line.name()));
    }

    private double bound(int axis, boolean least) {
        var values = lines.stream().flatMap(l -> l.points().stream()).mapToDouble(p -> p[axis]);
        return least ? values.min().orElse(Double.POSITIVE_INFINITY) : values.max().orElse(Double.NEGATIVE_INFINITY);
    }

    private double x(double value) { return LEFT + (WIDTH - LEFT - RIGHT) * part(value, across); }

    private double y(double value) { return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part(value, up); }

    private static double part(double value, List<Double> ticks) {
        return (value - ticks.getFirst()) / (ticks.getLast() - ticks.getFirst());
    }
}
