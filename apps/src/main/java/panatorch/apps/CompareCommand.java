package panatorch.apps;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.Color;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.console.Printable;
import panatorch.apps.measures.DataIdentity;
import panatorch.apps.options.OutputFolder;
import panatorch.apps.report.Curves;
import panatorch.serialize.AtomicFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The command {@code panatorch compare}. */
@Command(name = "compare",
        description = "Compares runs: a table with mean ± standard deviation over runs that differ in their seed only, and their curves "
                + "in one chart. Runs on different data are never averaged.",
        footer = {
            "", "Examples:", "  panatorch compare runs/a runs/b", "  panatorch compare runs/* --out comparison.png"})
final class CompareCommand implements Callable<Integer> {
    /** Keys of the configuration that do not tell one kind of run from another. */
    private static final Set<String> NO_MATTER = Set.of("seed", "libtorch", "java", "threads", "data", "damaged", "checkpointEvery",
            "monitor", "tensorboard", "flightRecording", "keepGoing");

    private static final int COLUMNS = 120, LONGEST_NAME = 40, LEGEND = 80;

    @Parameters(arity = "1..*", paramLabel = "RUN", description = "folders of runs, or their metrics.json")
    private List<Path> runs = List.of();

    @Option(names = "--out", paramLabel = "FILE", description = "PNG file for a chart of test loss and test accuracy")
    private @Nullable Path out;

    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /**
     * A run to compare.
     *
     * @param named path as the user passed it
     * @param folder the run's folder
     * @param config the run's configuration
     * @param data identity of the run's data
     * @param epochs measures of each epoch
     */
    private record Run(Path named, Path folder, JsonNode config, DataIdentity data, List<JsonNode> epochs) {
        double last(String measure) { return epochs.getLast().path(measure).asDouble(); }

        /** Returns the number of finished epochs, or "all" for a run with early stopping, which may end at any epoch. */
        String length() {
            return config.path("earlyStop").isInt() ? "all" : Integer.toString(epochs.size());
        }

        double best() { return epochs.stream().mapToDouble(e -> e.path("testAccuracy").asDouble()).max().orElse(Double.NaN); }
    }

    /**
     * Mean and spread of a measure over runs.
     *
     * @param mean the mean
     * @param sd standard deviation of the sample; null for a single run
     */
    private record Spread(double mean, @Nullable Double sd) {
        static Spread of(List<Run> runs, ToDoubleFunction<Run> measure) {
            double[] values = runs.stream().mapToDouble(measure).toArray();
            double mean = 0, squares = 0;
            for (double v : values) mean += v / values.length;
            for (double v : values) squares += (v - mean) * (v - mean);
            return new Spread(mean, values.length < 2 ? null : Double.valueOf(Math.sqrt(squares / (values.length - 1))));
        }

        String text(double scale) {
            return sd == null ? String.format(Locale.ROOT, "%.4g", scale * mean)
                    : String.format(Locale.ROOT, "%.4g ± %.2g", scale * mean, scale * sd);
        }
    }

    private record Row(String name, int runs, Spread testLoss, Spread testAccuracy, Spread bestAccuracy, Spread imagesPerSecond) {}

    @Override public Integer call() throws IOException {
        if (out != null && !out.toString().toLowerCase(Locale.ROOT).endsWith(".png"))
            throw new InputException("--out is a PNG, and " + out + " does not end in .png");
        if (out != null) OutputFolder.file(out);
        var byFolder = new LinkedHashMap<Path, Run>();
        for (Path p : runs) {
            Run run = read(p);
            if (byFolder.put(run.folder, run) != null) throw new InputException("the run " + p + " is named twice, and would count twice");
        }
        List<Run> read = List.copyOf(byFolder.values());
        Map<String, List<Run>> groups = groups(read);
        List<Row> rows = groups.entrySet().stream()
                .map(g -> new Row(g.getKey(), g.getValue().size(), Spread.of(g.getValue(), r -> r.last("testLoss")),
                        Spread.of(g.getValue(), r -> r.last("testAccuracy")),
                        Spread.of(g.getValue(), Run::best), Spread.of(g.getValue(), r -> r.last("imagesPerSecond"))))
                .toList();
        PrintWriter text = spec.commandLine().getOut();
        List<String> data = differentData(read);
        if (json)
            text.println(Json.LINE.writeValueAsString(data.isEmpty() ? Map.of("rows", rows) : Map.of("rows", rows, "differentData", data)));
        else
            print(rows, text);
        if (!json) data.forEach(text::println);
        Path picture = out;
        if (picture != null) {
            AtomicFile.write(picture, picture(groups));
            if (!json) text.println("written     " + picture);
        }
        text.flush();
        return 0;
    }

    private static Run read(Path path) {
        Path file = Files.isDirectory(path) ? path.resolve(OutputFolder.METRICS) : path;
        try {
            JsonNode metrics = new ObjectMapper().readTree(Files.readAllBytes(file));
            var epochs = new ArrayList<JsonNode>();
            metrics.path("epochs").forEach(epochs::add);
            if (epochs.isEmpty()) throw new InputException(file + " has no epochs");
            if (!epochs.stream().allMatch(e -> e.path("epoch").isInt() && e.has("testLoss") && e.has("testAccuracy")))
                throw new InputException(file + " was not written by a run: an epoch lacks its number, test loss or test accuracy");
            Path folder = file.toAbsolutePath().normalize().getParent();
            return new Run(path, folder == null ? file : folder, metrics.path("config"), DataIdentity.of(metrics), epochs);
        } catch (IOException e) {
            throw new InputException("there is no run in " + path + ": " + InputException.reason(e), e);
        }
    }

    /**
     * Groups runs that differ in their seed only, under the options in which the groups differ. An interrupted run is in another group than
     * a whole one.
     */
    private static Map<String, List<Run>> groups(List<Run> runs) {
        List<DataIdentity> sets = runs.stream().map(Run::data).distinct().toList();
        boolean lengths = runs.stream().map(Run::length).distinct().count() > 1;
        var keys = new TreeSet<String>();
        for (Run r : runs) r.config.fieldNames().forEachRemaining(keys::add);
        keys.removeAll(NO_MATTER);
        keys.removeIf(k -> runs.stream().map(r -> r.config.path(k)).distinct().count() < 2);
        var groups = new LinkedHashMap<String, List<Run>>();
        for (Run r : runs) {
            var parts = keys.stream().map(k -> k + " " + Printable.line(r.config.path(k).asText("none")))
                    .collect(Collectors.toCollection(ArrayList::new));
            if (sets.size() > 1) parts.add("data " + (1 + sets.indexOf(r.data)));
            if (lengths) parts.add("epochs done " + r.length());
            String name = String.join(", ", parts);
            groups.computeIfAbsent(name.isEmpty() ? "all" : name, k -> new ArrayList<>()).add(r);
        }
        return groups;
    }

    /** Describes in what the data of the runs differ: a sentence, and a line for each kind of data. Empty if all have the same data. */
    private static List<String> differentData(List<Run> runs) {
        var sets = runs.stream().collect(Collectors.groupingBy(Run::data, LinkedHashMap::new,
                Collectors.mapping(r -> Printable.line(r.named.toString()), Collectors.joining(", "))));
        if (sets.size() < 2) return List.of();
        DataIdentity first = runs.getFirst().data;
        String differences = sets.keySet().stream().skip(1).map(d -> String.valueOf(first.difference(d))).distinct()
                .collect(Collectors.joining("; and in "));
        var lines = new ArrayList<>(List.of(
                "These runs were made on different data, so they are not averaged, and rows of different data are no contest. They differ "
                        + "in "
                        + differences + "."));
        sets.forEach((d, named) -> lines.add("  data " + (lines.size()) + ": " + d.describe() + ": " + named));
        return lines;
    }

    /**
     * Returns the name for the table. A long one is replaced by a letter, and is printed below, because a terminal is not wide enough for
     * it.
     */
    private static String label(int row, String name) {
        return name.length() <= LONGEST_NAME ? name : String.valueOf((char) ('A' + row % 26)).repeat(1 + row / 26);
    }

    private static void print(List<Row> rows, PrintWriter text) {
        int width = Math.max(4, rows.stream().mapToInt(r -> label(rows.indexOf(r), r.name).length()).max().orElse(0));
        String format = "%-" + width + "s %4s  %16s  %16s  %16s  %10s%n";
        text.printf(Locale.ROOT, format, "", "runs", "test loss", "test accuracy, %", "best accuracy, %", "per second");
        for (int i = 0; i < rows.size(); i++) {
            Row r = rows.get(i);
            text.printf(Locale.ROOT, format, label(i, r.name), r.runs, r.testLoss.text(1), r.testAccuracy.text(100),
                    r.bestAccuracy.text(100), String.format(Locale.ROOT, "%,.0f", r.imagesPerSecond.mean));
        }
        for (int i = 0; i < rows.size(); i++)
            if (rows.get(i).name.length() > LONGEST_NAME) text.print(wrapped(label(i, rows.get(i).name), rows.get(i).name, COLUMNS));
    }

    /** Wraps a long name between options. */
    private static String wrapped(String label, String name, int columns) {
        var lines = new StringBuilder();
        String indent = " ".repeat(label.length() + 2), line = label + "  ";
        for (String whole : name.split("(?<=, )")) {
            String option = Printable.shortened(whole, columns - indent.length());
            if (line.length() + option.length() > columns && !line.isBlank()) {
                lines.append(line.stripTrailing()).append('\n');
                line = indent;
            }
            line += option;
        }
        return lines.append(line).append('\n').toString();
    }

    private static byte[] picture(Map<String, List<Run>> groups) throws IOException {
        int lines = groups.keySet().stream().mapToInt(name -> 1 + name.length() / LEGEND).sum();
        XYChart loss = chart("Test loss", lines), accuracy = chart("Test accuracy, %", lines);
        Color[] colors = loss.getStyler().getSeriesColors();
        int row = 0;
        for (var g : groups.entrySet()) {
            String label = label(row, g.getKey()), legend = label.equals(g.getKey()) ? label : wrapped(label, g.getKey(), LEGEND).strip();
            Color c = colors[row++ % colors.length];
            for (int i = 0; i < g.getValue().size(); i++) {
                Run r = g.getValue().get(i);
                double[] x = r.epochs.stream().mapToDouble(e -> e.path("epoch").asDouble()).toArray();
                String name = legend + (i == 0 ? "" : " (" + (i + 1) + ")");
                add(loss, name, x, r, "testLoss", 1, c, i == 0);
                add(accuracy, name, x, r, "testAccuracy", 100, c, i == 0);
            }
        }
        var image = Curves.beside(List.of(BitmapEncoder.getBufferedImage(loss), BitmapEncoder.getBufferedImage(accuracy)));
        var png = new ByteArrayOutputStream();
        javax.imageio.ImageIO.write(image, "png", png);
        return png.toByteArray();
    }

    private static void add(XYChart chart, String name, double[] x, Run run, String measure, double scale, Color color, boolean legend) {
        double[] y = run.epochs.stream().mapToDouble(e -> scale * e.path(measure).asDouble()).toArray();
        var series = chart.addSeries(name, x, y);
        series.setMarker(x.length == 1 ? SeriesMarkers.CIRCLE : SeriesMarkers.NONE).setMarkerColor(color);
        series.setLineColor(color).setShowInLegend(legend);
    }

    private static XYChart chart(String title, int legendLines) {
        XYChart chart = Curves.chart(720, 440 + 18 * legendLines, title, "epoch", "");
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
        chart.getStyler().setXAxisDecimalPattern("0").setYAxisDecimalPattern("0.#####");
        return chart;
    }
}
