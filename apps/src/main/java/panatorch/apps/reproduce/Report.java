package panatorch.apps.reproduce;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.apps.console.Json;
import panatorch.serialize.AtomicFile;

/**
 * The results of an experiment, complete or not.
 *
 * @param experiment the experiment
 * @param study its variants, settings and notes
 * @param seeds seeds of a complete table
 * @param findings the measures
 * @param missing names of the trials that are not finished; empty for a complete table
 */
public record Report(Experiment experiment, Study study, List<Long> seeds, Findings findings, List<String> missing) {
    public static final String MARKDOWN = "report.md", JSON = "report.json", CURVES = "curves.png";

    /** Writes the report as Markdown and as JSON, and a picture of the curves, to a folder that exists. */
    public void write(Path folder) throws IOException {
        AtomicFile.write(folder.resolve(JSON), Json.PRETTY.writeValueAsBytes(json()));
        AtomicFile.write(folder.resolve(MARKDOWN), markdown().getBytes(StandardCharsets.UTF_8));
        if (hasCurves()) Plot.write(folder.resolve(CURVES), experiment.name(), findings);
    }

    /** Returns whether there is a picture of curves. */
    public boolean hasCurves() { return !findings.curveNames().isEmpty(); }

    private Map<String, Object> json() {
        var json = new LinkedHashMap<String, Object>();
        json.put("experiment", experiment.name());
        json.put("title", experiment.title());
        json.put("source", experiment.source());
        json.put("settings", study.settings());
        json.put("machines", findings.machines());
        json.put("seeds", seeds);
        json.put("missing", missing);
        var rows = new LinkedHashMap<String, Object>();
        for (Variant v : study.variants()) rows.put(v.name(), row(v));
        json.put("variants", rows);
        json.put("differences", differences());
        var curves = new LinkedHashMap<String, Object>();
        for (String curve : findings.curveNames()) curves.put(curve, findings.meanCurves(curve));
        json.put("mean curves by epoch", curves);
        json.put("notes", study.notes());
        return json;
    }

    private Map<String, Object> row(Variant v) {
        var measures = new LinkedHashMap<String, Object>();
        for (String measure : findings.measureNames()) {
            var values = findings.values(v.name(), measure);
            if (values.isEmpty()) continue;
            var m = new LinkedHashMap<String, Object>();
            m.put("by seed", values);
            m.put("mean", findings.mean(v.name(), measure));
            if (values.size() > 1) m.put("sd", findings.sd(v.name(), measure));
            measures.put(measure, m);
        }
        v.published().forEach((measure, value) -> measures.put("published " + measure, value));
        return measures;
    }

    private List<Map<String, Object>> differences() {
        var all = new ArrayList<Map<String, Object>>();
        for (Study.Comparison c : study.comparisons()) {
            for (String measure : findings.measureNames()) {
                Difference d = findings.difference(c.variant(), c.base(), measure);
                if (d.values().isEmpty()) continue;
                var json = new LinkedHashMap<String, Object>();
                json.put("variant", c.variant());
                json.put("base", c.base());
                json.put("measure", measure);
                json.put("mean", d.mean());
                if (d.values().size() > 1) {
                    json.put("standard error", d.standardError());
                    json.put("95 % interval", List.of(d.low(), d.high()));
                }
                all.add(json);
            }
        }
        return all;
    }

    /** Returns the tables, for a terminal. */
    public String tables() {
        return Tables.measures(study, findings) + Tables.differences(study, findings);
    }

    public String markdown() {
        var text = new StringBuilder("# " + experiment.name() + "\n" + experiment.title() + "\n\n" + experiment.source() + "\n\n");
        if (!missing.isEmpty()) text.append("**Not complete.** Missing: ").append(String.join("; ", missing)).append(".\n\n");
        text.append("Seeds ").append(seeds).append("; mean ± standard deviation over them, after the last epoch.\n\n")
                .append(Tables.measures(study, findings));
        String differences = Tables.differences(study, findings);
        if (!differences.isEmpty())
            text.append(
                    "\nDifferences: mean ± standard error over seeds, and the 95 % confidence interval. Both variants of a seed began with "
                            + "the same weights and saw the same examples in the same order.\n\n")
                    .append(differences);
        text.append('\n');
        if (hasCurves()) text.append("![curves](" + CURVES + ")\n\n");
        study.notes().forEach(n -> text.append("- ").append(n).append('\n'));
        text.append("\nSettings: ").append(study.settings()).append("; machines: ").append(findings.machines()).append('\n');
        return text.toString();
    }
}
