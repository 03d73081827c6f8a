package panatorch.apps.reproduce;

import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import panatorch.serialize.AtomicFile;

/** Draws the curves of several variants in one picture. */
final class Plot {
    private Plot() {}

    /** Tableau's ten colours, which most people can tell apart. */
    private static final Color[] COLORS =
            {new Color(0x1F77B4), new Color(0xFF7F0E), new Color(0x2CA02C), new Color(0xD62728), new Color(0x9467BD), new Color(0x8C564B),
                new Color(0xE377C2), new Color(0x7F7F7F), new Color(0xBCBD22), new Color(0x17BECF)};

    static void write(Path file, String title, String measure, Map<String, double[]> curves) throws IOException {
        XYChart chart = new XYChartBuilder().width(900).height(560).title(title).xAxisTitle("epoch").yAxisTitle(measure).build();
        chart.getStyler().setLocale(Locale.ROOT).setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        chart.getStyler().setXAxisDecimalPattern("0").setYAxisDecimalPattern("0.###");
        chart.getStyler().setSeriesColors(COLORS);
        curves.forEach(
                (variant, values) -> chart.addSeries(variant, IntStream.rangeClosed(1, values.length).mapToDouble(i -> i).toArray(), values)
                        .setMarker(SeriesMarkers.NONE));
        var png = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(chart, png, BitmapEncoder.BitmapFormat.PNG);
        AtomicFile.write(file, png.toByteArray());
    }
}
