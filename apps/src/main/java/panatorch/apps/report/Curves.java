package panatorch.apps.report;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Metrics;
import panatorch.serialize.AtomicFile;

/** Charts of a run over its epochs: loss and accuracy, and a student's distance from its teacher. */
public final class Curves {
    private Curves() {}

    private static final int WIDTH = 640, HEIGHT = 480;

    /**
     * A line of a chart.
     *
     * @param name name in the legend
     * @param points pairs of x and y
     */
    record Line(String name, List<double[]> points) {}

    /**
     * A chart.
     *
     * @param title title of the chart
     * @param fromZero whether the axis begins at 0, so that what hardly changes looks so
     * @param lines lines of the chart
     */
    record Chart(String title, boolean fromZero, List<Line> lines) {}

    /** Returns the charts of a run. Networks that a student is compared with have flat lines. */
    static List<Chart> of(Metrics m) {
        List<EpochMetrics> e = m.epochs();
        Map<String, Metrics.Score> others = m.comparison();
        if (others == null)
            return List.of(
                    new Chart("loss", false, List.of(line("train", e, EpochMetrics::trainLoss), line("test", e, EpochMetrics::testLoss))),
                    new Chart("accuracy, %", false,
                            List.of(line("train", e, x -> 100 * x.trainAccuracy()), line("test", e, x -> 100 * x.testAccuracy()))));
        var distance = new ArrayList<>(List.of(line("loss", e, EpochMetrics::trainLoss)));
        if (e.getLast().excess() != null) distance.add(line("loss − MI", e, x -> x.excess() == null ? Double.NaN : x.excess()));
        return List.of(new Chart("divergence from the teacher's samples", false, distance),
                beside(e, others, "test loss", EpochMetrics::testLoss, Metrics.Score::nll),
                beside(e, others, "test accuracy, %", x -> 100 * x.testAccuracy(), s -> 100 * (1 - s.error())));
    }

    private static Chart beside(List<EpochMetrics> e, Map<String, Metrics.Score> others, String title, ToDoubleFunction<EpochMetrics> own,
            ToDoubleFunction<Metrics.Score> other) {
        var lines = new ArrayList<>(List.of(line("student", e, own)));
        others.forEach((name, score) -> { if (!name.equals("student")) lines.add(line(name, e, x -> other.applyAsDouble(score))); });
        return new Chart(title, false, lines);
    }

    static Line line(String name, List<EpochMetrics> epochs, ToDoubleFunction<EpochMetrics> measure) {
        return new Line(name, epochs.stream().map(e -> new double[] {e.epoch(), measure.applyAsDouble(e)}).toList());
    }

    /**
     * Draws the charts into a file. A run succeeds even if Java finds no fonts to draw with.
     *
     * @return whether the file was written
     */
    public static boolean tryWrite(Path file, Metrics metrics) throws IOException {
        try {
            write(file, metrics);
            return true;
        } catch (RuntimeException | LinkageError | InternalError e) {
            return false;
        }
    }

    private static void write(Path file, Metrics metrics) throws IOException {
        List<BufferedImage> charts = of(metrics).stream().map(Curves::drawn).toList();
        var png = new ByteArrayOutputStream();
        ImageIO.write(beside(charts), "png", png);
        AtomicFile.write(file, png.toByteArray());
    }

    /** Joins pictures from left to right. */
    public static BufferedImage beside(List<BufferedImage> pictures) {
        var image = new BufferedImage(pictures.stream().mapToInt(BufferedImage::getWidth).sum(),
                pictures.stream().mapToInt(BufferedImage::getHeight).max().orElse(1), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        int x = 0;
        for (BufferedImage p : pictures) {
            graphics.drawImage(p, x, 0, null);
            x += p.getWidth();
        }
        graphics.dispose();
        return image;
    }

    /** Returns a chart without lines, on white, whose numbers do not depend on the locale. */
    public static XYChart chart(int width, int height, String title, String xAxis, String yAxis) {
        XYChart chart = new XYChartBuilder().width(width).height(height).title(title).xAxisTitle(xAxis).yAxisTitle(yAxis).build();
        chart.getStyler().setLocale(Locale.ROOT).setChartBackgroundColor(Color.WHITE);
        return chart;
    }

    private static BufferedImage drawn(Chart c) {
        XYChart chart = chart(WIDTH, HEIGHT, c.title, "epoch", "");
        var styler = chart.getStyler();
        styler.setLegendPosition(Styler.LegendPosition.OutsideS).setLegendLayout(Styler.LegendLayout.Horizontal);
        styler.setXAxisDecimalPattern("0").setYAxisDecimalPattern("0.#####");
        for (Line l : c.lines)
            chart.addSeries(l.name, l.points.stream().mapToDouble(p -> p[0]).toArray(), l.points.stream().mapToDouble(p -> p[1]).toArray())
                    .setMarker(SeriesMarkers.CIRCLE);
        return BitmapEncoder.getBufferedImage(chart);
    }
}
