package panatorch.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/** Makes {@code RESULTS.md} of the documents of one or more runs, and of nothing else. */
final class Results {
    private Results() {}

    private static final String HEAD = """
            # Results of the benchmarks
            Written by `bench/run --results`, and not to be edited. To repeat it all, or a part at a time:

                PYTHON=INTERPRETER native-tests/bench/run [WORKLOAD…] --json FILE
                native-tests/bench/run --results native-tests/bench/RESULTS.md --from FILE…

            Figures are medians over pairs of a run in Java and one in Python; a ratio is Java ÷ Python of one pair. Targets are those of \
            the project's performance goals, for the median.
            """;

    /** The figures of the runs on one machine with the same versions. */
    private static final class Machines {
        private final TreeSet<String> dates = new TreeSet<>();
        private final Map<String, JsonNode> workloads = new LinkedHashMap<>();
        private int targets, met;

        /** Adds a run. A workload that was measured again replaces the earlier figures. */
        void add(JsonNode document) {
            dates.add(document.path("date").asText());
            document.path("workloads").properties().forEach(e -> workloads.put(e.getKey(), e.getValue()));
        }

        String text(JsonNode machine) {
            var lines = new ArrayList<>(List.of("", "## " + String.join(", ", dates) + ": " + machine.path("cpu").asText() + ", "
                    + machine.path("cores").asText() + " cores, libtorch " + machine.path("libtorch").asText(), ""));
            var facts = new ArrayList<String>();
            machine.properties().forEach(e -> facts.add(e.getKey() + ": " + e.getValue().asText()));
            lines.add(String.join("; ", facts) + ".");
            List.of("", "| workload | part | Java | Python | min | median | max | target |", "|---|---|---|---|---|---|---|---|")
                    .forEach(lines::add);
            workloads.forEach((name, w) -> rows(lines, name, w));
            List.of("", "Targets met: " + met + " of " + targets + ".", "").forEach(lines::add);
            workloads.forEach((name, w) -> lines.add("- `" + name + "`: " + w.path("summary").asText() + "; threads of an operator: "
                    + w.path("threads") + "; pairs: " + w.path("pairs")));
            return String.join("\n", lines) + "\n";
        }

        private void rows(List<String> lines, String name, JsonNode w) {
            var unit = Workload.Unit.valueOf(w.path("unit").asText().toUpperCase(Locale.ROOT));
            String first = "`" + name + "`";
            for (var part : w.path("parts").properties()) {
                JsonNode p = part.getValue(), ratio = p.path("ratio");
                lines.add(String.join(" | ", "| " + first, part.getKey(), unit.text(p.at("/java/median").asDouble()),
                        unit.text(p.at("/python/median").asDouble()),
                        number(ratio.path("min")), number(ratio.path("median")), number(ratio.path("max")), target(p), "").strip());
                first = "";
            }
            for (var c : w.path("comparisons").properties())
                lines.add(String.join(" | ", "| ", c.getKey(), number(c.getValue().at("/java/median")),
                        number(c.getValue().at("/python/median")), "", "", "", "", "").strip());
        }

        private String target(JsonNode part) {
            if (!part.has("target")) return "";
            targets++;
            boolean reached = part.at("/ratio/median").asDouble() <= part.path("target").asDouble();
            if (reached) met++;
            return "≤ " + number(part.path("target")) + (reached ? ", met" : ", **missed**");
        }

        private static String number(JsonNode value) { return String.format(Locale.ROOT, "%.2f", value.asDouble()); }
    }

    static String text(List<JsonNode> documents) {
        var machines = new LinkedHashMap<JsonNode, Machines>();
        for (JsonNode d : documents) machines.computeIfAbsent(d.path("machine"), m -> new Machines()).add(d);
        var text = new StringBuilder(HEAD);
        machines.forEach((facts, found) -> text.append(found.text(facts)));
        return text.toString();
    }
}
