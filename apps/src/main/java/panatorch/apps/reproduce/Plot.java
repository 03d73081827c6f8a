package panatorch.apps.reproduce;

import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import panatorch.serialize.AtomicFile;

/** A report's curves in one picture. */
final class Plot {
    private Plot() {}

    static void write(Path file, Report report) throws IOException {
        XYChart chart = new XYChartBuilder().width(900).height(560).title(report.experiment().name()).xAxisTitle(report.unit()).yAxisTitle(report.curve()).build();
        chart.getStyler().setChartBackgroundColor(Color.WHITE).setLegendPosition(Styler.LegendPosition.OutsideE);
        chart.getStyler().setXAxisDecimalPattern("0").setYAxisDecimalPattern("0.###");
        report.curves().forEach((variant, values) -> chart.addSeries(variant, IntStream.rangeClosed(1, values.length).mapToDouble(i -> i).toArray(), values).setMarker(SeriesMarkers.NONE));
        var png = new ByteArrayOutputStream();
        BitmapEncoder.saveBitmap(chart, png, BitmapEncoder.BitmapFormat.PNG);
        AtomicFile.write(file, png.toByteArray());
    }
}
