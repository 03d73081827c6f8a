package panatorch.apps;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import panatorch.serialize.AtomicFile;

/** Loss and accuracy over the epochs, side by side in one picture. */
final class Curves {
    private Curves() {}

    private static final int WIDTH = 640, HEIGHT = 480;

    /** Weights are worth more than a picture: where Java finds no fonts to draw with, a run succeeds all the same. @return whether it was drawn */
    static boolean tryWrite(Path file, List<Metrics.Epoch> epochs) throws IOException {
        try {
            write(file, epochs);
            return true;
        } catch (RuntimeException | LinkageError | InternalError e) {
            return false;
        }
    }

    static void write(Path file, List<Metrics.Epoch> epochs) throws IOException {
        XYChart loss = chart("Loss", "mean cross-entropy", epochs, Metrics.Epoch::trainLoss, Metrics.Epoch::testLoss);
        XYChart accuracy = chart("Accuracy", "% of images", epochs, e -> 100 * e.trainAccuracy(), e -> 100 * e.testAccuracy());
        accuracy.getStyler().setLegendPosition(Styler.LegendPosition.InsideSE);
        var png = new ByteArrayOutputStream();
        ImageIO.write(beside(BitmapEncoder.getBufferedImage(loss), BitmapEncoder.getBufferedImage(accuracy)), "png", png);
        AtomicFile.write(file, png.toByteArray());
    }

    /** Two pictures in one. */
    static BufferedImage beside(BufferedImage left, BufferedImage right) {
        var image = new BufferedImage(left.getWidth() + right.getWidth(), Math.max(left.getHeight(), right.getHeight()), BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.drawImage(left, 0, 0, null);
        graphics.drawImage(right, left.getWidth(), 0, null);
        graphics.dispose();
        return image;
    }

    private static XYChart chart(String title, String unit, List<Metrics.Epoch> epochs, ToDoubleFunction<Metrics.Epoch> train, ToDoubleFunction<Metrics.Epoch> test) {
        XYChart chart = new XYChartBuilder().width(WIDTH).height(HEIGHT).title(title).xAxisTitle("epoch").yAxisTitle(unit).build();
        var styler = chart.getStyler();
        styler.setChartBackgroundColor(Color.WHITE).setLegendPosition(Styler.LegendPosition.InsideNE);
        styler.setXAxisDecimalPattern("0").setYAxisDecimalPattern("0.##");
        double[] x = epochs.stream().mapToDouble(Metrics.Epoch::epoch).toArray();
        chart.addSeries("train", x, epochs.stream().mapToDouble(train).toArray()).setMarker(SeriesMarkers.CIRCLE);
        chart.addSeries("test", x, epochs.stream().mapToDouble(test).toArray()).setMarker(SeriesMarkers.DIAMOND);
        return chart;
    }
}
