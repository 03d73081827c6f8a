package panatorch.apps;

import java.util.List;
import java.util.Locale;

/** Lines over epochs as SVG, for a page that stands alone. */
final class SvgChart {
    private static final int WIDTH = 500, HEIGHT = 270, LEFT = 56, RIGHT = 12, TOP = 28, BOTTOM = 30;
    private static final List<String> COLORS = List.of("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728");

    private final Curves.Chart chart;
    private final List<Curves.Line> lines;

    private SvgChart(Curves.Chart chart) {
        this.chart = chart;
        lines = chart.lines().stream().map(l -> new Curves.Line(l.name(), l.points().stream().filter(p -> Double.isFinite(p[1])).toList())).toList();
    }

    /** Points that are not finite are left out. */
    static String of(Curves.Chart chart) { return new SvgChart(chart).svg(); }

    private String svg() {
        double x0 = bound(0, true), x1 = bound(0, false), y0 = bound(1, true), y1 = bound(1, false);
        if (!(x0 <= x1)) x0 = x1 = y0 = y1 = 0;
        double pad = y1 > y0 ? 0.05 * (y1 - y0) : Math.max(1e-9, Math.abs(y1) * 0.1);
        if (x1 == x0) x1 = x0 + 1;
        y0 -= pad;
        y1 += pad;
        var svg = new StringBuilder(String.format(Locale.ROOT, "<svg width=\"%d\" height=\"%d\" role=\"img\"><text x=\"%d\" y=\"16\" style=\"font-weight:600\">%s</text>", WIDTH, HEIGHT, LEFT, HtmlReport.escaped(chart.title())));
        for (int i = 0; i <= 4; i++) {
            double value = y0 + (y1 - y0) * i / 4, y = y(value, y0, y1);
            svg.append(String.format(Locale.ROOT, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e5e5e5\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.3g</text>", LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, value));
        }
        for (double epoch : new double[] {x0, x1}) svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.0f</text>", x(epoch, x0, x1), HEIGHT - 10, epoch));
        svg.append(String.format(Locale.ROOT, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">epoch</text>", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10));
        for (int i = 0; i < lines.size(); i++) svg.append(line(lines.get(i), COLORS.get(i % COLORS.size()), WIDTH - RIGHT - 90 * (lines.size() - i), x0, x1, y0, y1));
        return svg.append("</svg>\n").toString();
    }

    private static String line(Curves.Line line, String color, int legend, double x0, double x1, double y0, double y1) {
        var path = new StringBuilder();
        var marks = new StringBuilder();
        for (double[] p : line.points()) {
            path.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(p[0], x0, x1), y(p[1], y0, y1)));
            if (line.points().size() <= 40) marks.append(String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>", x(p[0], x0, x1), y(p[1], y0, y1), color));
        }
        return String.format(Locale.ROOT, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.8\" points=\"%s\"/>%s<circle cx=\"%d\" cy=\"12\" r=\"4\" fill=\"%s\"/><text x=\"%d\" y=\"16\">%s</text>",
                color, path.toString().strip(), marks, legend, color, legend + 8, HtmlReport.escaped(line.name()));
    }

    private double bound(int axis, boolean least) {
        var values = lines.stream().flatMap(l -> l.points().stream()).mapToDouble(p -> p[axis]);
        return least ? values.min().orElse(Double.POSITIVE_INFINITY) : values.max().orElse(Double.NEGATIVE_INFINITY);
    }

    private static double x(double value, double from, double to) { return LEFT + (WIDTH - LEFT - RIGHT) * (value - from) / (to - from); }

    private static double y(double value, double from, double to) { return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - from) / (to - from); }
}
