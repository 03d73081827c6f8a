package panatorch.apps.reproduce;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import panatorch.apps.report.Curves;
import panatorch.serialize.AtomicFile;

/** Draws the mean curves of all variants in one picture, a chart for each measure. */
final class Plot {
    private Plot() {}

    private static final int WIDTH = 620, HEIGHT = 480;

    /** Tableau's ten colours, which most people can tell apart. */
    private static final Color[] COLORS =
            {new Color(0x1F77B4), new Color(0xFF7F0E), new Color(0x2CA02C), new Color(0xD62728), new Color(0x9467BD), new Color(0x8C564B),
                new Color(0xE377C2), new Color(0x7F7F7F), new Color(0xBCBD22), new Color(0x17BECF)};

    static void write(Path file, String experiment, Findings findings) throws IOException {
        var charts = new ArrayList<BufferedImage>();
        for (String curve : findings.curveNames()) charts.add(drawn(experiment, curve, findings.meanCurves(curve)));
        var png = new ByteArrayOutputStream();
        ImageIO.write(Curves.beside(charts), "png", png);
        AtomicFile.write(file, png.toByteArray());
    }

    private static BufferedImage drawn(String experiment, String curve, Map<String, double[]> variants) {
        XYChart chart = Curves.chart(WIDTH, HEIGHT, experiment + ": " + curve, "epoch", "");
        var styler = chart.getStyler();
        styler.setLegendPosition(Styler.LegendPosition.OutsideS).setLegendLayout(Styler.LegendLayout.Horizontal);
        styler.setXAxisDecimalPattern("0").setYAxisDecimalPattern("0.###");
        styler.setSeriesColors(COLORS);
        variants.forEach((variant, values) -> chart
                .addSeries(variant, IntStream.rangeClosed(1, values.length).mapToDouble(i -> i).toArray(), values)
                .setMarker(values.length == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE));
        return BitmapEncoder.getBufferedImage(chart);
    }
}
