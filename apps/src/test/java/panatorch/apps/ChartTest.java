package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Metrics;
import panatorch.apps.report.Curves;
import panatorch.optim.LrFinder;

/** Pictures of numbers. */
class ChartTest {
    private static final List<EpochMetrics> EPOCHS = IntStream.rangeClosed(1, 3)
            .mapToObj(i -> new EpochMetrics(i, 2.5 / i, 0.25 * i, 2.75 / i, 0.125 * i, 0.1, 10, 1234, 1 << 30, null)).toList();

    @TempDir
    Path folder;

    /** A loss that falls from 2.3 to 1, and explodes. */
    private static List<LrFinder.Point> exploding() {
        return IntStream.range(0, 60).mapToObj(i -> {
            double loss = 2.3 - 1.3 / (1 + Math.exp(-0.3 * (i - 30))) + (i < 57 ? 0 : 700 * (i - 56));
            return new LrFinder.Point(1e-6 * Math.pow(10, i / 10.0), loss, loss);
        }).toList();
    }

    @Test void the_valley_of_a_range_test_fills_the_picture_though_the_loss_explodes() throws IOException {
        assertThat(FindLrCommand.ceiling(exploding())).isBetween(2.3, 3.5);
        BufferedImage picture = ImageIO.read(new ByteArrayInputStream(FindLrCommand.picture(exploding(), 0.001)));
        assertThat(height(picture)).isGreaterThan(picture.getHeight() / 3);
    }

    /** Of the smoothed curve without its explosion: how far apart its highest and lowest pixels are in the left three quarters. */
    private static int height(BufferedImage picture) {
        int[] rows = IntStream.range(40, picture.getHeight() - 60)
                .filter(y -> IntStream.range(90, 480).anyMatch(x -> coloured(new Color(picture.getRGB(x, y))))).toArray();
        return rows[rows.length - 1] - rows[0];
    }

    private static boolean coloured(Color c) {
        return Math.max(c.getRed(), Math.max(c.getGreen(), c.getBlue())) - Math.min(c.getRed(), Math.min(c.getGreen(), c.getBlue())) > 60;
    }

    @Test void a_range_test_that_does_not_explode_is_shown_whole() {
        List<LrFinder.Point> calm = exploding().subList(0, 57);
        assertThat(FindLrCommand.ceiling(calm)).isGreaterThan(2.3);
        List<LrFinder.Point> flat = IntStream.range(0, 20).mapToObj(i -> new LrFinder.Point(1e-6 * (i + 1), 2, 2)).toList();
        assertThat(FindLrCommand.ceiling(flat)).isInfinite();
        List<LrFinder.Point> rising = IntStream.range(0, 20).mapToObj(i -> new LrFinder.Point(1e-6 * (i + 1), 2 + i, 2 + i)).toList();
        assertThat(FindLrCommand.ceiling(rising)).isGreaterThan(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ar-EG", "hi-IN-u-nu-deva", "de", "fa-IR"}) void numbers_are_the_same_in_all_countries(String language)
            throws IOException {
        Path metrics = folder.resolve("metrics.json");
        Metrics m = new Metrics(Map.of("dataset", "cifar10"), EPOCHS, new Metrics.Final(1.5, 0.5, 1_000_000), null, null, null);
        m.write(metrics);
        List<byte[]> here = pictures(m, metrics), there;
        Locale before = Locale.getDefault();
        Locale.setDefault(Locale.forLanguageTag(language));
        try {
            there = pictures(m, metrics);
        } finally {
            Locale.setDefault(before);
        }
        for (int i = 0; i < here.size(); i++) assertThat(there.get(i)).as("picture %d", i).isEqualTo(here.get(i));
    }

    private List<byte[]> pictures(Metrics m, Path metrics) throws IOException {
        Path curves = folder.resolve("curves.png"), compared = folder.resolve("compared.png");
        assertThat(Curves.tryWrite(curves, m)).isTrue();
        Calls table = Calls.of("compare", metrics, Path.of("--out"), compared);
        assertThat(table.err()).isEmpty();
        return List.of(Files.readAllBytes(curves), Files.readAllBytes(compared), FindLrCommand.picture(exploding(), 0.001),
                table.out().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
}
