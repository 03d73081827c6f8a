package panatorch.apps.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.imageio.ImageIO;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.apps.console.Json;
import panatorch.apps.console.Printable;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Metrics;
import panatorch.apps.measures.Predictions;
import panatorch.apps.measures.Quality;
import panatorch.apps.options.DatasetName;
import panatorch.datasets.Dataset;
import panatorch.datasets.Field;
import panatorch.serialize.AtomicFile;

/** Writes {@code report.html}: a run on one page that needs no other file and no network. */
public final class HtmlReport {
    private HtmlReport() {}

    private static final int MISTAKES = 24;

    private static final String STYLE = """
            :root { color-scheme: light dark; --text: #222; --dim: #555; --line: #ddd; --block: #f4f4f4; --page: #fff }
            @media (prefers-color-scheme: dark) { :root { --text: #ddd; --dim: #aaa; --line: #444; --block: #2a2a2a; --page: #1b1b1b } }
            body { font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2em auto; padding: 0 1em; color: var(--text);
                background: var(--page) }
            h1 { font-size: 1.5em; overflow-wrap: anywhere } h2 { font-size: 1.15em; margin-top: 2em; border-bottom: 1px solid var(--line) }
            table { border-collapse: collapse } td, th { padding: .15em .9em .15em 0; text-align: left; vertical-align: top }
            .config td + td { overflow-wrap: anywhere }
            .number { text-align: right; font-variant-numeric: tabular-nums }
            pre { background: var(--block); overflow-x: auto; padding: .7em } .wide { overflow-x: auto }
            .charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 430px), 1fr)); gap: 1em }
            svg { width: 100% } svg line { stroke: var(--line) }
            svg text { font: 11px system-ui, sans-serif; fill: var(--dim) }
            svg .title { font-weight: 600; font-size: 12px; fill: var(--text) }
            .mistakes { display: flex; flex-wrap: wrap; gap: 12px } .mistakes p { margin: 0; width: 100%; overflow-wrap: anywhere }
            figure { margin: 0; width: 108px; font-size: 12px; line-height: 1.3; overflow-wrap: anywhere }
            figure img { width: 96px; height: 96px; image-rendering: pixelated } img { max-width: 100% }
            """;

    /**
     * Writes the report.
     *
     * @param file the file
     * @param metrics measures of the run
     * @param quality quality of the predictions
     * @param predictions predictions for {@code test}, in its order
     * @param test the test set
     * @param dataset name of the data set
     * @param command command that repeats the run
     */
    public static void write(Path file, Metrics metrics, Quality quality, Predictions predictions, Dataset test, DatasetName dataset,
            String command) throws IOException {
        List<EpochMetrics> e = metrics.epochs();
        Path run = file.toAbsolutePath().getParent();
        String title = Printable.html(Json.PRETTY.valueToTree(metrics.config()).path("model").asText() + " on " + dataset
                + (run == null ? "" : ": " + run.getFileName()));
        var html = new StringBuilder(
                "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, "
                        + "initial-scale=1\"><title>"
                        + title + "</title><style>" + STYLE + "</style></head><body>\n");
        html.append("<h1>").append(title).append("</h1>\n<h2>Result</h2>\n<table>");
        row(html, "test accuracy", "%.2f %%", 100 * metrics.result().testAccuracy());
        if (quality.top5() != null) row(html, "top-5 accuracy", "%.2f %%", 100 * quality.top5());
        row(html, "test loss", "%.4f", metrics.result().testLoss());
        row(html, "calibration error (15 bins)", "%.4f", quality.ece());
        row(html, "Brier score", "%.4f", quality.brier());
        row(html, "best test accuracy", "%.2f %%", 100 * e.stream().mapToDouble(EpochMetrics::testAccuracy).max().orElse(0));
        row(html, "parameters", "%,d", metrics.result().parameters());
        row(html, "time", "%,.1f s", e.stream().mapToDouble(EpochMetrics::seconds).sum());
        html.append("</table>\n");
        if (metrics.comparison() != null) compare(html, metrics.comparison());
        html.append("<p>To repeat it:</p><pre>").append(Printable.html(command)).append("</pre>\n<h2>Curves</h2>\n<div class=\"charts\">");
        var charts = new ArrayList<>(Curves.of(metrics));
        charts.add(new Curves.Chart("learning rate", true, List.of(Curves.line("after the epoch", e, EpochMetrics::learningRate))));
        charts.add(new Curves.Chart(dataset.items() + " per second, training", true,
                List.of(Curves.line("speed", e, EpochMetrics::imagesPerSecond))));
        if (e.getLast().memory() > 0)
            charts.add(
                    new Curves.Chart("memory of the process, MiB", true, List.of(Curves.line("memory", e, x -> x.memory() / 1048576.0))));
        charts.forEach(c -> html.append(SvgChart.of(c)));
        html.append("</div>\n<h2>Worst mistakes</h2>\n<div class=\"mistakes\">");
        mistakes(html, predictions, test);
        html.append("</div>\n<h2>Confusion</h2>\n<img alt=\"confusion matrix\" src=\"")
                .append(picture(ConfusionPicture.png(quality.confusion(), test.classNames()))).append("\">\n<h2>Classes</h2>\n<pre>");
        html.append(Printable.html(Quality.report(predictions, test.classNames()).table()))
                .append("</pre>\n<h2>Configuration</h2>\n<div class=\"wide\"><table class=\"config\">");
        Json.PRETTY.valueToTree(metrics.config()).properties()
                .forEach(p -> html.append("<tr><td>").append(Printable.html(p.getKey())).append("</td><td>")
                        .append(Printable.html(p.getValue().isTextual() ? p.getValue().asText() : p.getValue().toString()))
                        .append("</td></tr>\n"));
        html.append("</table></div>\n</body></html>\n");
        AtomicFile.write(file, html.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void compare(StringBuilder html, Map<String, Metrics.Score> scores) {
        html.append(
                "<h2>Student and teacher</h2>\n<table><tr><th></th><th class=\"number\">test error</th><th class=\"number\">test "
                        + "NLL</th></tr>\n");
        scores.forEach((name, s) -> html
                .append(String.format(Locale.ROOT, "<tr><td>%s</td><td class=\"number\">%.2f %%</td><td class=\"number\">%.4f</td></tr>%n",
                        Printable.html(name), 100 * s.error(), s.nll())));
        html.append("</table>\n");
    }

    private static void row(StringBuilder html, String name, String format, Object value) {
        html.append("<tr><td>").append(name).append("</td><td class=\"number\">").append(String.format(Locale.ROOT, format, value))
                .append("</td></tr>\n");
    }

    /** Appends the wrong predictions of the highest confidence. */
    private static void mistakes(StringBuilder html, Predictions predictions, Dataset test) throws IOException {
        var wrong = new ArrayList<int[]>();
        double[] confidence;
        long[] predicted, labels;
        try (var scope = Scope.open()) {
            var top = predictions.logits().to(DType.FLOAT64).softmax(1).max(1);
            confidence = top.values().toDoubleArray();
            predicted = top.indices().toLongArray();
            labels = predictions.labels().toLongArray();
        }
        for (int i = 0; i < labels.length; i++) if (predicted[i] != labels[i]) wrong.add(new int[] {i});
        wrong.sort((a, b) -> Double.compare(confidence[b[0]], confidence[a[0]]));
        if (wrong.isEmpty()) html.append("<p>There are none.</p>");
        for (int[] w : wrong.subList(0, Math.min(MISTAKES, wrong.size()))) {
            int i = w[0];
            String is = test.classNames().get((int) labels[i]), taken = test.classNames().get((int) predicted[i]);
            if (!test.schema().fields().getFirst().name().equals(Field.IMAGES)) {
                html.append(String.format(Locale.ROOT, "<p>%s: %s, taken for <b>%s</b>, %.0f %%</p>%n", Printable.html(test.name(i)),
                        Printable.html(is), Printable.html(taken), 100 * confidence[i]));
                continue;
            }
            html.append("<figure><img alt=\"\" src=\"").append(picture(png(test, i))).append("\"><figcaption>").append(Printable.html(is))
                    .append(", taken for <b>").append(Printable.html(taken))
                    .append(String.format(Locale.ROOT, "</b>, %.0f %%</figcaption></figure>%n", 100 * confidence[i]));
        }
    }

    /** Returns an image of the data set, uint8 {@code [C, H, W]}, as PNG. */
    private static byte[] png(Dataset set, int index) throws IOException {
        try (var batch = set.batch(index); var scope = Scope.open()) {
            Tensor t = batch.images().select(0, 0);
            int channels = (int) t.size(0), height = (int) t.size(1), width = (int) t.size(2);
            long[] values = t.to(DType.INT64).flatten().toLongArray();
            var image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
            for (int p = 0; p < width * height; p++) {
                int red = (int) values[p], green = channels == 1 ? red : (int) values[width * height + p],
                        blue = channels == 1 ? red : (int) values[2 * width * height + p];
                image.setRGB(p % width, p / width, red << 16 | green << 8 | blue);
            }
            var png = new ByteArrayOutputStream();
            ImageIO.write(image, "png", png);
            return png.toByteArray();
        }
    }

    private static String picture(byte[] png) { return "data:image/png;base64," + Base64.getEncoder().encodeToString(png); }
}
