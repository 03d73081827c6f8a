package panatorch.apps.reproduce;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.serialize.AtomicFile;

/**
 * The results of an experiment.
 *
 * @param experiment the experiment
 * @param settings all settings that decide the numbers
 * @param seeds seed of each repetition
 * @param table the measures
 * @param curves curve of each variant: the mean over seeds of {@code curve} for each epoch
 * @param curve name of the measure of the curves
 * @param notes what a reader of the table must know, such as how the settings differ from the paper's
 */
public record Report(Experiment experiment, Map<String, Object> settings, List<Long> seeds, Table table, Map<String, double[]> curves,
        String curve, List<String> notes) {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** Writes {@code report.json}, {@code report.md} and {@code plot.png} to a folder that exists. */
    public void write(Path folder) throws IOException {
        var json = new LinkedHashMap<String, Object>();
        json.put("experiment", experiment.name());
        json.put("title", experiment.title());
        json.put("source", experiment.source());
        json.put("settings", settings);
        json.put("seeds", seeds);
        var rows = new LinkedHashMap<String, Object>();
        table.rows().forEach((variant, row) -> rows.put(variant, row(variant, row)));
        json.put("variants", rows);
        json.put("curves", Map.of("of", curve, "by", "epoch", "means", curves));
        json.put("notes", notes);
        AtomicFile.write(folder.resolve("report.json"), JSON.writeValueAsBytes(json));
        AtomicFile.write(folder.resolve("report.md"), markdown().getBytes(StandardCharsets.UTF_8));
        if (!curves.isEmpty()) Plot.write(folder.resolve("plot.png"), experiment.name(), curve, curves);
    }

    private Map<String, Object> row(String variant, Table.Row row) {
        var measures = new LinkedHashMap<String, Object>();
        row.values().forEach((measure, values) -> {
            var m = new LinkedHashMap<String, Object>();
            m.put("values", values);
            m.put("mean", table.mean(variant, measure));
            if (values.size() > 1) m.put("sd", table.sd(variant, measure));
            measures.put(measure, m);
        });
        row.published().forEach((measure, value) -> measures.put("published " + measure, value));
        return measures;
    }

    public String markdown() {
        var text = new StringBuilder("# " + experiment.name() + "\n" + experiment.title() + "\n\n" + experiment.source() + "\n\n");
        text.append("Seeds ").append(seeds).append("; mean ± standard deviation over them, of the last epoch.\n\n").append(table.markdown())
                .append('\n');
        if (!curves.isEmpty()) text.append("![").append(curve).append("](plot.png)\n\n");
        notes.forEach(n -> text.append("- ").append(n).append('\n'));
        text.append("\nSettings: ").append(settings).append('\n');
        return text.toString();
    }
}
